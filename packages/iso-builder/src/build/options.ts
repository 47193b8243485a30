import type { Builder } from './builder.ts';
import type { BuildEngine } from '../engine/engine.ts';
import type { Material } from '../evidence/provenance.ts';
import type { IsoFacts } from '../evidence/verify-iso.ts';
import type { LivemediaProfile, Medium } from '../executor/livemedia-creator.ts';
import type { Manifest } from '../evidence/manifest.ts';

/** A distribution's installer. */
export interface InstallerSource {
  /** Path of its ISO, which was verified. */
  iso: string;
  /** What every entry of its menu is to say that it installs, as `Phyllome OS dhi 44`. */
  what: string;
}

/** What {@link buildIso} makes, from what, and where it goes. */
export interface BuildIsoOptions {
  engine: BuildEngine;
  builder: Builder;
  /** The text of a flat kickstart (no `%include` left). */
  kickstart: string;
  /**
   * The directory that holds the ISO and its evidence afterwards. It appears in one step, when everything in it is
   * complete. One that exists is replaced if it is the result of an earlier build, else refused. A failed build leaves
   * `logs/` in `<destination>.failed` instead; an aborted one nothing.
   */
  destination: string;
  /** Name of the ISO's file, without folders. */
  isoName: string;
  /** Volume id, at most 32 of `[A-Za-z0-9_-]`. */
  volid: string;
  /** Product name in the boot menu. */
  project: string;
  /** Fedora release: menu text and DNF's `$releasever`. */
  releasever: string;
  /** `live` when not given. An installer medium is the rehearsal builder's own, or made of {@link installer}. */
  medium?: Medium | undefined;
  /** The installer that mkksiso puts the kickstart into: lorax makes no installer media of kickstarts otherwise. */
  installer?: InstallerSource | undefined;
  /** `draft` compresses fast, `release` well. */
  profile: LivemediaProfile;
  /** Kernel arguments in every menu entry. */
  extraBootArgs?: string;
  /** The complete list of dracut's arguments, instead of the builder's for the profile. */
  dracutArgs?: readonly string[];
  /** Proxy for the installer's downloads. One with a password is refused: it would be in logs that are kept. */
  proxy?: string | undefined;
  /** livemedia-creator's own limit for the installer, in whole minutes. */
  installTimeoutMinutes?: number | undefined;
  /** Limit for all of livemedia-creator's work: it is stopped then, politely first. No limit when not given. */
  timeoutMs?: number | undefined;
  /**
   * For livemedia-creator to end by itself when the build is aborted, before it is killed: 30 s when not given. At SIGINT
   * it stops the installer, unmounts and keeps its logs.
   */
  abortGraceMs?: number | undefined;
  /**
   * A file that remembers how long builds of the same take (edition, builder, profile), for the estimates of the next. It
   * is written after each success.
   */
  timings?: string | undefined;
  /** Free space to ask for before anything slow starts. */
  neededBytes?: { engine?: number; destination?: number };
  /**
   * Seconds since the epoch, `SOURCE_DATE_EPOCH` in the container: the youngest time that files on the ISO may bear, for
   * builds that can be repeated. See https://reproducible-builds.org/specs/source-date-epoch/
   */
  sourceDateEpoch?: number | undefined;
  /** Goes into manifest.json under `labels`, as it is (edition, leaf, version, …). */
  labels?: Readonly<Record<string, string>>;
  /** Adds what the caller knows to the builder's own report, before that goes into manifest.json. */
  annotateReport?: (report: unknown) => unknown;
  /** Documents of the caller's about the ISO, by file name: written beside it, and bound by manifest and provenance. */
  documents?: (iso: Manifest['iso']) => Readonly<Record<string, object>>;
  /** What the kickstart was made from, for the provenance: leaves, a commit, … */
  materials?: readonly Material[];
  signal?: AbortSignal | undefined;
}

/** A running build. Disposing it aborts it, if it still runs, and waits until nothing of it is left. */
export interface IsoBuild extends AsyncDisposable {
  /** All events from the beginning, then the coming ones, up to the terminal one. Each call reads for itself. */
  events(): AsyncIterable<import('../progress/build-event.ts').BuildEvent>;
  /**
   * Settles after everything is cleaned up.
   *
   * @throws {IsoBuildError} when the build failed; `evidence.directory` keeps its logs.
   * @throws the signal's reason when it was aborted.
   */
  readonly result: Promise<IsoResult>;
}

/** A finished build. */
export interface IsoResult {
  /** The directory asked for: the ISO, `<iso>.sha256`, `CHECKSUM`, `manifest.json`, `packages.json`, SBOM, provenance, `logs/`. */
  directory: string;
  /** Path of the ISO. */
  iso: string;
  sha256: string;
  /** Bytes. */
  size: number;
  facts: IsoFacts;
  manifest: Manifest;
  /** Another process built it, of the same inputs, while this one waited. */
  shared: boolean;
}
