import { isObject, parseJson } from '@phyllome/host/json';
import { isDigest } from '@phyllome/host/names';
import { PipelineError } from './errors.ts';
import type { Workspace } from './workspace.ts';

/** The one place that says which Fedora the leaves are for, and which image builds them. */
export const releasePath = 'release.json';

/** What `release.json` says. */
export interface FedoraRelease {
  readonly $schema?: string;
  /** The release that the leaves install: 44. */
  readonly fedora: number;
  /** The image that the Fedora builder is made of. `phyllome builder pin` writes it. */
  readonly base: {
    /** A repository of a registry, without tag or digest: `docker.io/library/fedora`. */
    readonly image: string;
    /** What was asked for when it was pinned. */
    readonly tag: string;
    /** Of the index of all platforms: it cannot move. */
    readonly digest: string;
    /** The day on which the tag had this digest. */
    readonly pinned: string;
    /** Where the same release is to be had when the registry no longer has the digest; it moves. */
    readonly fallback: string;
  };
}

/** Whether a value can be what a key says, and what it has to be. */
type Check = readonly [holds: (value: unknown) => boolean, must: string];

const matches =
  (pattern: RegExp) =>
  (value: unknown): boolean =>
    typeof value === 'string' && pattern.test(value);

// By hand, and not by zod as elsewhere: every `phyllome flatten` reads this file, and to load zod takes longer than all
// else that it does.
const releaseChecks: Readonly<Record<Exclude<keyof FedoraRelease, '$schema'>, Check>> = {
  fedora: [
    (value) => Number.isInteger(value) && Number(value) >= 34 && Number(value) <= 99,
    'a whole number, 34 to 99',
  ],
  base: [isObject, 'an object'],
};
const baseChecks: Readonly<Record<keyof FedoraRelease['base'], Check>> = {
  image: [matches(/^[a-z0-9][a-z0-9.:-]*(?:\/[a-z0-9][a-z0-9._-]*)+$/u), 'a repository, as docker.io/library/fedora'],
  tag: [matches(/^\w[\w.-]{0,127}$/u), 'a tag, as 44'],
  digest: [(value) => typeof value === 'string' && isDigest(value), 'a digest, as sha256:<64 hexadecimal digits>'],
  pinned: [isDay, 'a day, as 2026-04-28'],
  fallback: [matches(/^[a-z0-9][a-z0-9.:/_-]*:\w[\w.-]{0,127}$/u), 'a reference with a tag'],
};

function isDay(value: unknown): boolean {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/u.test(value)) return false;
  const day = new Date(value);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
}

function assertRelease(json: unknown, refuse: (why: string) => Error): asserts json is FedoraRelease {
  const problem = problemOf(json);
  if (problem !== undefined) throw refuse(problem);
}

/** What of `release.json` cannot be: `base.digest: must be a digest …`. */
function problemOf(json: unknown): string | undefined {
  if (!isObject(json)) return 'must be an object';
  const { $schema, ...release } = json;
  if ($schema !== undefined && typeof $schema !== 'string') return '$schema: must be a string';
  return (
    problemIn(release, releaseChecks, '') ??
    (isObject(json.base) ? problemIn(json.base, baseChecks, 'base.') : undefined)
  );
}

function problemIn(object: object, checks: Readonly<Record<string, Check>>, prefix: string): string | undefined {
  const values = new Map<string, unknown>(Object.entries(object));
  for (const key of values.keys()) if (!Object.hasOwn(checks, key)) return `${prefix}${key}: is not a key of this file`;
  for (const [key, [holds, must]] of Object.entries(checks)) {
    if (!values.has(key)) return `${prefix}${key}: is missing; must be ${must}`;
    if (!holds(values.get(key))) return `${prefix}${key}: must be ${must}`;
  }
  return undefined;
}

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
    json = parseJson(text);
  } catch (error) {
    throw refuse('not JSON', error);
  }
  assertRelease(json, refuse);
  return json;
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
