import * as z from 'zod';
import { PipelineError } from './errors.ts';
import type { Workspace } from './workspace.ts';

/** The one place that says which Fedora the leaves are for, and which image builds them. */
export const releasePath = 'release.json';

/** A repository of a registry, without tag or digest: `docker.io/library/fedora`. */
const repository = z.string().regex(/^[a-z0-9][a-z0-9.:-]*(?:\/[a-z0-9][a-z0-9._-]*)+$/);

const schema = z.strictObject({
  $schema: z.string().optional(),
  /** The release that the leaves install: 44. */
  fedora: z.int().min(34).max(99),
  /** The image that the Fedora builder is made of. `phyllome builder pin` writes it. */
  base: z.strictObject({
    image: repository,
    /** What was asked for when it was pinned. */
    tag: z.string().regex(/^\w[\w.-]{0,127}$/),
    /** Of the index of all platforms: it cannot move. */
    digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
    /** The day on which the tag had this digest. */
    pinned: z.iso.date(),
    /** Where the same release is to be had when the registry no longer has the digest; it moves. */
    fallback: z.string().regex(/^[a-z0-9][a-z0-9.:/_-]*:\w[\w.-]{0,127}$/),
  }),
});

/** What `release.json` says. */
export type FedoraRelease = z.infer<typeof schema>;

/** @throws {PipelineError} RELEASE_INVALID when the file is missing, or says something that cannot be. */
export function readRelease({ readFile }: Pick<Workspace, 'readFile'>): FedoraRelease {
  const text = readFile(releasePath);
  const refuse = (why: string, cause?: unknown): PipelineError =>
    new PipelineError('RELEASE_INVALID', `${releasePath}: ${why}`, {
      hint: 'restore it: git checkout release.json',
      cause,
    });
  if (text === undefined) throw refuse('no such file: it names the Fedora release of the leaves');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw refuse('not JSON', error);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refuse(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
}

/** As kickstart tools name it: `F44`. */
export const kickstartRelease = ({ fedora }: Pick<FedoraRelease, 'fedora'>): string => `F${fedora}`;

/** The base image's reference, by its digest. */
export const baseReference = ({ base }: Pick<FedoraRelease, 'base'>): string => `${base.image}@${base.digest}`;

/** Fedora 44 came in April 2026, and one follows every half year, in October and in April. */
const KNOWN = { release: 44, year: 2026 };

/**
 * The month in which a release is given up: a month after the one after the next has come (Fedora's release life cycle).
 * An estimate, as every release may be late.
 *
 * @returns as `2027-05`
 */
export function endOfLife(fedora: number): string {
  const halves = fedora + 2 - KNOWN.release;
  const year = KNOWN.year + Math.floor(halves / 2);
  return `${year}-${halves % 2 === 0 ? '05' : '11'}`;
}
