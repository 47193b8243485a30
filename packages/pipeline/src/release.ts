import { isObject, parseJson } from '@phyllome/host/json';
import { isDigest, isSha256 } from '@phyllome/host/names';
import { type Target, distributionIds, distributions } from './distributions.ts';
import { PipelineError } from './errors.ts';
import type { Workspace } from './workspace.ts';

/** The one place that says which distribution and release the leaves are for, and which image builds them. */
export const releasePath = 'release.json';

/** What `release.json` says. In the file the distribution is the key of its release: `"fedora": 44`. */
export interface Release extends Target {
  readonly $schema?: string;
  /** The image that lorax's builder is made of. `phyllome builder pin` writes it; undefined until then. */
  readonly base?: Base | undefined;
  /** The distribution's installer, of which installer media are made. `phyllome builder pin --installer` writes it. */
  readonly installer?: PinnedInstaller | undefined;
}

/** The ISO of an installer: a netinst or a DVD. */
export interface PinnedInstaller {
  /** Of its file. */
  readonly name: string;
  /** In hexadecimal. */
  readonly sha256: string;
  /** Where it is to be had; undefined: the file itself has to be given. */
  readonly url?: string | undefined;
}

export interface Base {
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
}

/** Whether a value can be what a key says, and what it has to be. */
type Check = readonly [holds: (value: unknown) => boolean, must: string];

const matches =
  (pattern: RegExp) =>
  (value: unknown): boolean =>
    typeof value === 'string' && pattern.test(value);

// By hand, and not by zod as elsewhere: every `phyllome flatten` reads this file, and to load zod takes longer than all
// else that it does.
const baseChecks: Readonly<Record<keyof Base, Check>> = {
  image: [matches(/^[a-z0-9][a-z0-9.:-]*(?:\/[a-z0-9][a-z0-9._-]*)+$/u), 'a repository, as docker.io/library/fedora'],
  tag: [matches(/^\w[\w.-]{0,127}$/u), 'a tag, as 44'],
  digest: [(value) => typeof value === 'string' && isDigest(value), 'a digest, as sha256:<64 hexadecimal digits>'],
  pinned: [isDay, 'a day, as 2026-04-28'],
  fallback: [matches(/^[a-z0-9][a-z0-9.:/_-]*:\w[\w.-]{0,127}$/u), 'a reference with a tag'],
};

const installerChecks: Readonly<Record<'name' | 'sha256', Check>> = {
  name: [matches(/^[A-Za-z0-9][\w.+-]{0,200}\.iso$/u), 'the name of an ISO, as Fedora-Everything-netinst.iso'],
  sha256: [(value) => typeof value === 'string' && isSha256(value), '64 hexadecimal digits'],
};

function isDay(value: unknown): boolean {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/u.test(value)) return false;
  const day = new Date(value);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
}

/** @throws what `refuse` makes of what of `release.json` cannot be: `base.digest: must be a digest …` */
function parseRelease(json: unknown, refuse: (why: string) => Error): Release {
  if (!isObject(json)) throw refuse('must be an object');
  const { $schema, base, installer, ...named } = json;
  if ($schema !== undefined && typeof $schema !== 'string') throw refuse('$schema: must be a string');
  const all = distributionIds.join(', ');
  const foreign = Object.keys(named).find((key) => distributionIds.every((id) => id !== key));
  if (foreign !== undefined) throw refuse(`${foreign}: is not a key of this file; a distribution is one of ${all}`);
  const [distribution, second] = distributionIds.filter((id) => Object.hasOwn(named, id));
  if (distribution === undefined) throw refuse(`no distribution is named: ${all}`);
  if (second !== undefined)
    throw refuse(`${second}: leaves are for one distribution, and ${distribution} is named, too`);
  const version: unknown = named[distribution];
  const [first, last] = distributions[distribution].releases;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < first || version > last)
    throw refuse(`${distribution}: must be a whole number, ${first} to ${last}`);
  return {
    ...($schema === undefined ? {} : { $schema }),
    distribution,
    version,
    base: parseBase(base, refuse),
    installer: parseInstaller(installer, refuse),
  };
}

function parseBase(json: unknown, refuse: (why: string) => Error): Base | undefined {
  if (json === undefined) return undefined;
  if (!isObject(json)) throw refuse('base: must be an object');
  const problem = problemIn(json, baseChecks, 'base.');
  if (problem !== undefined) throw refuse(problem);
  const { image, tag, digest, pinned, fallback } = json;
  return {
    image: String(image),
    tag: String(tag),
    digest: String(digest),
    pinned: String(pinned),
    fallback: String(fallback),
  };
}

function parseInstaller(json: unknown, refuse: (why: string) => Error): PinnedInstaller | undefined {
  if (json === undefined) return undefined;
  if (!isObject(json)) throw refuse('installer: must be an object');
  const { url, ...rest } = json;
  const problem = problemIn(rest, installerChecks, 'installer.');
  if (problem !== undefined) throw refuse(problem);
  if (url !== undefined && !(typeof url === 'string' && /^https?:$/u.test(URL.parse(url)?.protocol ?? '')))
    throw refuse('installer.url: must be an http(s) address');
  return { name: String(rest['name']), sha256: String(rest['sha256']), ...(url === undefined ? {} : { url }) };
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
export function readRelease({ readFile }: Pick<Workspace, 'readFile'>): Release {
  const text = readFile(releasePath);
  const refuse = (why: string, cause?: unknown): PipelineError =>
    new PipelineError('RELEASE_INVALID', `${releasePath}: ${why}`, {
      hint: 'restore it: git checkout release.json',
      cause,
    });
  if (text === undefined) throw refuse('no such file: it names the release of the leaves');
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (error) {
    throw refuse('not JSON', error);
  }
  return parseRelease(json, refuse);
}

/** The text of `release.json` for a release. */
export function releaseText({ $schema, distribution, version, base, installer }: Release): string {
  const document = { $schema, [distribution]: version, base, installer };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** The base image's reference, by its digest. */
export const baseReference = ({ image, digest }: Pick<Base, 'image' | 'digest'>): string => `${image}@${digest}`;
