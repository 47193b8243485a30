import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cache } from '../cache.ts';
import { aptPreferences, byName, type Pin } from '../lock/lock-file.ts';
import { ProgramError, type Programs } from '../program.ts';
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
const aptState = ['var/lib/apt/lists', 'var/cache/apt'];
const kept = 'index.tar';
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
  #fetched: Promise<void> | undefined;
  /** What answers depend on besides the question: the index, pins, the local source. */
  #state = '';
  #pins = '';
  #local = '';

  constructor(options: { programs: Programs; cache: Cache | undefined; proxy: string | undefined }) {
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
    if (before !== undefined) return JSON.parse(await readFile(before, 'utf8'));
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
    this.#pins = aptPreferences(pins);
    await writeOrRemove(preferencesFile, this.#pins);
  }

  /**
   * From now on apt also has the packages of a directory with an index of its own; `undefined`: no longer. They are
   * trusted because whoever calls has compared them with the lock file.
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
    if (before !== undefined)
      await this.#programs.run(['tar', '--extract', `--file=${before}`, '--directory=/'], { mayFail: true });
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
    await this.#cache.keep(kept, (path) =>
      this.#programs.run([
        'tar',
        '--create',
        `--file=${path}`,
        '--directory=/',
        '--exclude=*/lock',
        '--exclude=*/partial/*',
        '--exclude=*.deb',
        ...aptState,
      ]),
    );
    // What killed builds left of theirs.
    await this.#cache.bound('.', Number.POSITIVE_INFINITY);
  }
}

const digestOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** What the index is of: its signed heads have the digests of all the rest. */
const releases = async (): Promise<string> => {
  const names = (await readdir(lists)).filter((name) => name.endsWith('_InRelease')).toSorted();
  return digestOf(await Promise.all(names.map((name) => readFile(join(lists, name), 'utf8'))));
};

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
export const versionsOnOffer = (lines: readonly string[]): Map<string, string[]> => {
  const offered = new Map<string, string[]>();
  for (const line of lines) {
    const [name = '', version = '', source = ''] = line.split('|').map((field) => field.trim());
    if (!source.endsWith(' Packages')) continue;
    const versions = offered.get(name) ?? [];
    if (!versions.includes(version)) offered.set(name, [...versions, version]);
  }
  return offered;
};

/** Reads `Inst libc6 (2.41-12 Debian:13.0/stable [amd64])` and the like, sorted by name. Pure. */
export const simulated = (lines: readonly string[]): PackageVersion[] =>
  lines
    .map((line) => /^Inst (?<name>\S+) (?:\[\S+\] )?\((?<version>\S+) /u.exec(line)?.groups)
    .flatMap((found) => (found === undefined ? [] : [{ name: found['name'] ?? '', version: found['version'] ?? '' }]))
    .toSorted(byName);
