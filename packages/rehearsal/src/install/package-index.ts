import { createHash } from 'node:crypto';
import { lstat, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseJson } from '@phyllome/host/json';
import type { Cache } from '../cache.ts';
import { aptPreferences, byName, type Pin } from '../lock/lock-file.ts';
import { ProgramError, type Programs } from '../program.ts';
import { releaseOnlyPreferences } from './archives.ts';
import { reasonsIn } from './debian.ts';
import { InstallError } from './errors.ts';

/** A package that an installation comes to. */
export interface PackageVersion {
  /** With its architecture, where that is not the usual one. */
  name: string;
  version: string;
}

/** Where apt keeps the index, and what it makes of it to search it fast. */
const lists = '/var/lib/apt/lists';
const aptCache = '/var/cache/apt';
const aptCaches = ['pkgcache.bin', 'srcpkgcache.bin'];
const kept = 'index/index.tar';
const maxIndexBytes = 400 * 1024 ** 2;
const maxClosureBytes = 10 * 1024 ** 2;

/** Where the builder's apt reads pins, and mmdebstrap's hooks take them from for the target's. */
export const preferencesFile = '/etc/apt/preferences.d/rehearsal-lock';
/** Packages that the mirror no longer offers, as a source of their own. */
export const localSourceFile = '/etc/apt/sources.list.d/rehearsal-lock.list';

/** Debian's package index: fetched once for each build, all of it or nothing, and only as far as it has changed. */
export class PackageIndex {
  readonly #programs: Programs;
  readonly #cache: Cache | undefined;
  readonly #proxy: string | undefined;
  /** Whether it has what Debian released alone, without what came later. */
  readonly releaseOnly: boolean;
  #fetched: Promise<void> | undefined;
  /** What answers depend on besides the question: the index, pins, the local source. */
  #state = '';
  #pins = '';
  #local = '';

  constructor(options: {
    programs: Programs;
    cache: Cache | undefined;
    proxy: string | undefined;
    releaseOnly?: boolean;
  }) {
    this.releaseOnly = options.releaseOnly ?? false;
    this.#programs = options.programs;
    this.#cache = options.cache;
    this.#proxy = options.proxy;
  }

  /**
   * Which of these names are Debian packages. The index is asked only when there is something to ask, and must be there
   * whole: a name must not be called misspelt because a mirror does not answer.
   *
   * @throws {InstallError} when the index cannot be fetched.
   */
  async among(names: readonly string[]): Promise<Set<string>> {
    const plausible = names.filter((name) => /^[a-z0-9][a-z0-9+.-]+$/u.test(name));
    if (plausible.length === 0) return new Set();
    await this.fetch();
    const { lines } = await this.#programs.run(['apt-cache', 'pkgnames'], { quiet: true });
    const known = new Set(lines);
    return new Set(plausible.filter((name) => known.has(name)));
  }

  /**
   * What an installation of these packages into an empty system comes to, as mmdebstrap's variant minbase does it.
   * Undefined when apt finds no way: the installation itself says why.
   *
   * @throws {InstallError} when the index cannot be fetched.
   */
  async closure(names: readonly string[]): Promise<PackageVersion[] | undefined> {
    await this.fetch();
    const name = `closures/${digestOf([this.#state, this.#pins, this.#local, names.toSorted()])}.json`;
    const before = await this.#cache?.find(name);
    if (before !== undefined) return parseClosure(await readFile(before, 'utf8'));
    const found = await this.#simulate(names);
    if (found !== undefined) await this.#cache?.keep(name, (path) => writeFile(path, JSON.stringify(found)));
    await this.#cache?.bound('closures', maxClosureBytes);
    return found;
  }

  async #simulate(names: readonly string[]): Promise<PackageVersion[] | undefined> {
    const nothingInstalled = '/tmp/nothing-installed';
    await writeFile(nothingInstalled, '');
    const { exitCode, lines } = await this.#programs.run(simulationArgv(names, nothingInstalled), {
      mayFail: true,
      quiet: true,
    });
    return exitCode === 0 ? simulated(lines) : undefined;
  }

  /** From now on apt takes these versions before any other, where they are on offer. */
  async pin(pins: readonly Pin[]): Promise<void> {
    const later = this.releaseOnly ? [releaseOnlyPreferences()] : [];
    this.#pins = [...later, aptPreferences(pins)].join('\n');
    await writeOrRemove(preferencesFile, this.#pins);
  }

  /**
   * From now on apt also has the packages of a directory with an index of its own; `undefined`: no longer. They are
   * trusted because the caller has compared them with the lock file.
   */
  async useLocal(directory: string | undefined): Promise<void> {
    this.#local = directory === undefined ? '' : await readFile(join(directory, 'Packages'), 'utf8');
    await writeOrRemove(localSourceFile, directory === undefined ? '' : `deb [trusted=yes] copy:${directory} ./\n`);
    if (directory === undefined) return;
    await this.#programs.run([
      'apt-get',
      'update',
      '--quiet',
      '--error-on=any',
      `--option=Dir::Etc::sourcelist=${localSourceFile}`,
      '--option=Dir::Etc::sourceparts=-',
      '--option=APT::Get::List-Cleanup=false',
    ]);
  }

  /** Every version on offer of each of these packages, the newest first. */
  async offered(names: readonly string[]): Promise<Map<string, string[]>> {
    const { lines } = await this.#programs.run(['apt-cache', 'madison', ...names], { quiet: true, mayFail: true });
    return versionsOnOffer(lines);
  }

  /** @throws {InstallError} */
  fetch(): Promise<void> {
    this.#fetched ??= this.#fetch();
    return this.#fetched;
  }

  async #fetch(): Promise<void> {
    const before = await this.#cache?.find(kept);
    if (before !== undefined) await this.#restore(before);
    const stateBefore = await releases();
    try {
      await this.#programs.run([
        'apt-get',
        'update',
        '--quiet',
        '--error-on=any',
        '--option',
        'Acquire::Languages=none',
        ...(this.#proxy === undefined ? [] : ['--option', `Acquire::http::Proxy=${this.#proxy}`]),
      ]);
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      throw new InstallError(
        ["Debian's package index could not be fetched:", ...reasonsIn(error.lastLines)].join('\n'),
        { cause: error },
      );
    }
    this.#state = await releases();
    if (this.#cache === undefined || this.#state === stateBefore) return;
    await this.#programs.run(['apt-cache', 'gencaches', '--quiet'], { mayFail: true });
    const fetched = ['--directory=/var/lib/apt', '--exclude=lock', '--exclude=partial', 'lists'];
    await this.#cache.keep(kept, (path) =>
      this.#programs.run(['tar', '--create', `--file=${path}`, ...fetched, `--directory=${aptCache}`, ...aptCaches]),
    );
    await this.#cache.bound('index', maxIndexBytes);
    // What killed builds left of theirs.
    await this.#cache.bound('.', Number.POSITIVE_INFINITY);
  }

  /** Unpacks an index aside, and takes plain files from it that apt knows: nothing else reaches the builder's system. */
  async #restore(tar: string): Promise<void> {
    const aside = await mkdtemp(join(tmpdir(), 'rehearsal-index-'));
    const extract = ['tar', '--extract', '--no-same-owner', `--file=${tar}`, `--directory=${aside}`];
    const { exitCode } = await this.#programs.run(extract, { mayFail: true });
    if (exitCode === 0) {
      const found = await readdir(join(aside, 'lists'), { withFileTypes: true });
      const named = found.filter((entry) => entry.isFile() && /^[\w.%+~-]+$/u.test(entry.name));
      for (const { name } of named) await rename(join(aside, 'lists', name), join(lists, name));
      for (const name of aptCaches)
        if ((await lstat(join(aside, name)).catch(() => undefined))?.isFile())
          await rename(join(aside, name), join(aptCache, name));
    }
    await rm(aside, { recursive: true, force: true });
  }

  /**
   * The SHA-256 of each package's file, as the index has it.
   *
   * @returns by name and version, with a blank between them
   */
  async digests(packages: readonly PackageVersion[]): Promise<Map<string, string>> {
    if (packages.length === 0) return new Map();
    const wanted = packages.map(({ name, version }) => `${name}=${version}`);
    const { lines } = await this.#programs.run(['apt-cache', 'show', ...wanted], { quiet: true });
    return digestsIn(lines);
  }
}

const digestOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** What the index is of: its signed heads have the digests of all the rest. */
async function releases(): Promise<string> {
  const names = (await readdir(lists)).filter((name) => name.endsWith('_InRelease')).toSorted();
  return digestOf(await Promise.all(names.map((name) => readFile(join(lists, name), 'utf8'))));
}

const writeOrRemove = (path: string, text: string): Promise<void> =>
  text === '' ? rm(path, { force: true }) : writeFile(path, text);

/** apt's command line to find out what an installation into an empty system comes to, as mmdebstrap's minbase does it. */
export const simulationArgv = (names: readonly string[], status: string): string[] => [
  'apt-get',
  'install',
  '--simulate',
  '--quiet',
  '--no-install-recommends',
  '--option',
  `Dir::State::status=${status}`,
  '?or(?essential,?priority(^required$))',
  'apt',
  ...names,
];

/** Reads `dash | 0.5.12-12 | http://… trixie/main amd64 Packages` of apt-cache(8) madison. Pure. */
export function versionsOnOffer(lines: readonly string[]): Map<string, string[]> {
  const offered = new Map<string, string[]>();
  for (const line of lines) {
    const [name = '', version = '', source = ''] = line.split('|').map((field) => field.trim());
    if (!source.endsWith(' Packages')) continue;
    const versions = offered.get(name) ?? [];
    if (!versions.includes(version)) offered.set(name, [...versions, version]);
  }
  return offered;
}

/** Reads `Inst libc6 (2.41-12 Debian:13.0/stable [amd64])` and the like, sorted by name. Pure. */
export const simulated = (lines: readonly string[]): PackageVersion[] =>
  lines
    .map((line) => /^Inst (?<name>\S+) (?:\[\S+\] )?\((?<version>\S+) /u.exec(line)?.groups)
    .flatMap((found) => (found === undefined ? [] : [{ name: found['name'] ?? '', version: found['version'] ?? '' }]))
    .toSorted(byName);

/** Names and versions as Debian's policy has them, 5.6.1 and 5.6.12; a name may have an architecture. */
const packageName = /^[a-z0-9][a-z0-9+.-]+(?::[a-z0-9-]+)?$/u;
const packageVersion = /^[A-Za-z0-9.+:~-]+$/u;

/** Reads what {@link PackageIndex.closure} has kept; undefined when it is anything else. Pure. */
function parseClosure(text: string): PackageVersion[] | undefined {
  const found: unknown = parseJson(text);
  return Array.isArray(found) && found.every(isPackageVersion) ? found : undefined;
}

function isPackageVersion(value: unknown): value is PackageVersion {
  if (typeof value !== 'object' || value === null || !('name' in value) || !('version' in value)) return false;
  const { name, version } = value;
  return (
    typeof name === 'string' && typeof version === 'string' && packageName.test(name) && packageVersion.test(version)
  );
}

/** Reads `Package`, `Version` and `SHA256` of the stanzas that apt-cache(8) shows. Pure. */
function digestsIn(lines: readonly string[]): Map<string, string> {
  const digests = new Map<string, string>();
  let stanza: Record<string, string> = {};
  for (const line of [...lines, '']) {
    const { key, value } = /^(?<key>Package|Version|SHA256): (?<value>.*)$/u.exec(line)?.groups ?? {};
    if (key !== undefined && value !== undefined) stanza[key] = value;
    const { Package: name, Version: version, SHA256: sha256 } = stanza;
    if (line !== '') continue;
    if (name !== undefined && version !== undefined && sha256 !== undefined) digests.set(`${name} ${version}`, sha256);
    stanza = {};
  }
  return digests;
}
