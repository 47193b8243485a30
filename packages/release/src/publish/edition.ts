import type { ImageDiff } from '../diff/diff-images.ts';
import type { Build } from '../image/build.ts';

export interface PublishOptions {
  tag: string;
  project: string;
  /** ISO 8601. */
  date: string;
  builds: readonly ReleasedBuild[];
  /** The new directory. It must not exist; it appears whole or not at all. */
  destination: string;
  /** Parts of at most so many bytes in place of larger ISOs, for stores that refuse those. */
  splitBytes?: number | undefined;
  /** Where the directory will be served: zsync and torrent files name it. */
  baseUrl?: string | undefined;
  /** `releases.json` of the last release. */
  previousReleases?: string | undefined;
  /** Also what was not accepted is released: rehearsals of a release, for instance. */
  evenUnjudged?: boolean | undefined;
  /** Signs the CHECKSUM: text in, clear-signed text out. */
  sign?: ((checksum: string) => Promise<string>) | undefined;
  signal?: AbortSignal | undefined;
}

/** What is released of one edition. */
export interface ReleasedBuild {
  build: Build;
  /** What the edition is, in a few words. */
  title: string;
  /** The flat kickstart that it was built from, as text. */
  kickstart: string;
  /** How that differs from the last release's, a line each; undefined where there is none to compare with. */
  kickstartChanges: string[] | undefined;
  /** The same edition of the last release, as its evidence describes it. */
  previous: Build | undefined;
}

/** One edition as it was published. */
export interface PublishedEdition {
  released: ReleasedBuild;
  iso: PublishedFile;
  /** In place of the ISO, in order; empty when it is there as one file. */
  parts: PublishedFile[];
  /** What the page links to, relative to the release. */
  evidence: string[];
  /** Whether the provenance is signed with a key, that the project's public key checks. */
  signedByKey: boolean;
  /** What a firmware's run left, relative to the release; undefined where it left none. */
  runs: { firmware: string; report: string | undefined; screenshot: string | undefined }[];
  zsync: string | undefined;
  torrent: string | undefined;
  changes: ImageDiff | undefined;
}

/** One file of a release. */
export interface PublishedFile {
  /** Relative to the release. */
  path: string;
  size: number;
  sha256: string;
}
