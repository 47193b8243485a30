import { parseJson } from '@phyllome/host/json';
import * as z from 'zod';
import { ReleaseError } from '../errors.ts';
import type { PublishedEdition } from './edition.ts';

const File = z.object({ path: z.string(), size: z.number(), sha256: z.string() });
const Releases = z.object({
  version: z.literal(1),
  project: z.string(),
  /** The newest first. */
  releases: z.array(
    z.object({
      tag: z.string(),
      date: z.string(),
      editions: z.array(
        z.object({
          edition: z.string(),
          title: z.string(),
          releasever: z.string(),
          profile: z.string(),
          rehearsal: z.boolean(),
          iso: File,
          parts: z.array(File),
          verdicts: z.array(z.object({ firmware: z.string(), status: z.string(), cause: z.string().optional() })),
          evidence: z.string(),
        }),
      ),
    }),
  ),
});

/** `releases.json`: every release that was published, for programs that look for a newer one. Sizes in bytes. */
export type ReleasesFile = z.infer<typeof Releases>;

interface Published {
  tag: string;
  project: string;
  date: string;
  editions: readonly PublishedEdition[];
}

/** The release, before those of the last `releases.json`. One of the same tag is replaced. */
export async function readReleases(previous: string | undefined, now: Published): Promise<ReleasesFile> {
  const { tag, project, date } = now;
  const editions = now.editions.map(({ released: { build, title }, iso, parts }) => ({
    edition: build.edition,
    title,
    releasever: build.releasever,
    profile: build.profile,
    rehearsal: build.rehearsal,
    iso,
    parts,
    verdicts: build.verdicts.map(({ firmware, status, cause }) => ({ firmware, status, cause })),
    evidence: `${build.edition}/`,
  }));
  const before = previous === undefined ? [] : parseReleases(previous).releases;
  return { version: 1, project, releases: [{ tag, date, editions }, ...before.filter((one) => one.tag !== tag)] };
}

/** @throws {ReleaseError} NOT_A_BUILD */
export function parseReleases(text: string): ReleasesFile {
  try {
    return Releases.parse(parseJson(text));
  } catch (cause) {
    throw new ReleaseError('NOT_A_BUILD', "the last release's releases.json cannot be read", {
      hint: 'name the directory of a release made by phyllome release',
      cause,
    });
  }
}
