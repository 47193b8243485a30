import { hash } from 'node:crypto';
import { existsSync, globSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isObject, parseJson } from '@phyllome/host/json';

/**
 * The code behind a package, for Nx, which hashes it, and for the image store, which finds ISOs by it. It follows from the
 * dependencies in package.json, so it cannot fall behind what is really used.
 */

const scope = '@phyllome/';

/** Where the packages are whose code runs: in a checkout all of ours, installed those that this one depends on itself. */
const packagesFolder = join(import.meta.dirname, '../..');

/** Code, in the folder that packages are in. */
export interface Code {
  /** By folder: their sources, those of all packages of ours behind them, and the libraries of all of them. */
  readonly packages: readonly string[];
  /** More sources, as globs: `pipeline/src/*.ts`. Libraries of the packages that they are in count, too. */
  readonly sources: readonly string[];
}

/** The packages themselves and all of ours behind them, by folder, and the libraries of all. */
export function dependenciesOf(
  names: readonly string[],
  folder = packagesFolder,
): { packages: string[]; libraries: string[] } {
  const packages = directoriesOf(names, folder);
  const libraries = new Set([...packages.values()].flatMap((directory) => librariesIn(directory)));
  return { packages: [...packages.keys()].toSorted(), libraries: [...libraries].toSorted() };
}

/** The libraries that a package itself depends on. */
export const librariesOf = (name: string, folder = packagesFolder): string[] =>
  librariesIn(locate(name, folder, folder));

function librariesIn(directory: string): string[] {
  return readPackage(directory).dependencies.filter((one) => !one.startsWith(scope));
}

/** The directories of packages and of all of ours behind them, by name. */
function directoriesOf(names: readonly string[], folder: string): Map<string, string> {
  const found = new Map(names.map((name) => [name, locate(name, folder, folder)]));
  // A map goes on to those that are added while it is gone through.
  for (const directory of found.values()) {
    for (const dependency of readPackage(directory).dependencies) {
      if (!dependency.startsWith(scope)) continue;
      const name = dependency.slice(scope.length);
      if (!found.has(name)) found.set(name, locate(name, directory, folder));
    }
  }
  return found;
}

/** Where a package of ours is that one in `directory` depends on: beside the others, or where it is installed. */
function locate(name: string, directory: string, folder: string): string {
  const beside = join(folder, name);
  return existsSync(join(beside, 'package.json')) ? beside : (installed(`${scope}${name}`, directory) ?? beside);
}

/** The packages that single sources are in. */
export const packagesOf = ({ sources }: Pick<Code, 'sources'>): string[] => [
  ...new Set(sources.map((glob) => glob.split('/', 1)[0] ?? '')),
];

/** Folders and single files, absolute, of which any change may change {@link codeDigest}. */
export function codePlaces(code: Code, folder = packagesFolder): { trees: string[]; files: string[] } {
  const directories = directoriesOf(code.packages, folder);
  const sources = code.sources.flatMap((glob) => filesOf(glob, folder).map(({ path }) => path));
  return {
    trees: [...directories.values()].map((directory) => join(directory, codeIn(directory))),
    files: [
      ...new Set(sources.flatMap((path) => [dirname(path), path])),
      ...[...directories.values(), ...packagesOf(code).map((name) => locate(name, folder, folder))].map((directory) =>
        join(directory, 'package.json'),
      ),
      // Every library in its version: pnpm and npm write these whenever they install one.
      ...lockFiles.map((path) => join(folder, path)).filter((path) => existsSync(path)),
    ],
  };
}

/** Relative to the folder that packages are in: of pnpm's in a checkout, of pnpm's and of npm's where they are installed. */
const lockFiles = ['../node_modules/.pnpm/lock.yaml', '../../../lock.yaml', '../.package-lock.json'];

/** What is run of a package: its sources in a checkout; what was built of them where it is installed. */
const codeIn = (directory: string): 'src' | 'dist' => (existsSync(join(directory, 'src')) ? 'src' : 'dist');

/**
 * The digest (`sha256:…`) of code: sources, without tests and documents, the versions of all libraries as they are
 * installed, and of Node.
 *
 * @param folder where the packages are
 */
export function codeDigest(code: Code, folder = packagesFolder): string {
  const directories = directoriesOf(code.packages, folder);
  const sources = [
    ...[...directories].toSorted(([a], [b]) => (a < b ? -1 : 1)).flatMap(([name, at]) => filesIn(name, at, '**/*')),
    ...code.sources.flatMap((glob) => filesOf(glob, folder)),
  ].map(({ name, path }) => [name, hash('sha256', readFileSync(path))]);
  const libraries = new Set<string>();
  for (const directory of directories.values()) addLibraries(directory, libraries);
  for (const name of packagesOf(code)) addLibraries(locate(name, folder, folder), libraries);
  return `sha256:${hash('sha256', JSON.stringify([sources, [...libraries].toSorted(), process.version]))}`;
}

/** A file of code: its path, and a name that is the same in every checkout. */
interface CodeFile {
  name: string;
  path: string;
}

/** The files of a glob such as `pipeline/src/*.ts`, or what was built of them. */
function filesOf(glob: string, folder: string): CodeFile[] {
  const [, name = '', pattern = ''] = /^([^/]+)\/src\/(.+)$/u.exec(glob) ?? [];
  return filesIn(name, locate(name, folder, folder), pattern);
}

/** The files of a package that match a glob below `src/`, in the order of their names. What Nx calls `production`. */
function filesIn(name: string, directory: string, pattern: string): CodeFile[] {
  const code = codeIn(directory);
  const glob = code === 'src' ? pattern : pattern.replace(/\.ts$/u, '.js');
  return globSync(join(code, glob), { cwd: directory, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(?:test\.ts|d\.ts|md)$/u.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .map((path) => ({ name: `/${name}${path.slice(directory.length)}`, path }));
}

/** Adds `name@version` of all libraries behind a package, as Node finds them from its directory. */
function addLibraries(directory: string, found: Set<string>): void {
  const { dependencies, optionalDependencies } = readPackage(directory);
  for (const name of [...dependencies, ...optionalDependencies]) {
    if (name.startsWith(scope)) continue;
    const library = installed(name, directory);
    // Optional, and not for this machine.
    if (library === undefined) continue;
    const known = `${name}@${readPackage(library).version}`;
    if (found.has(known)) continue;
    found.add(known);
    addLibraries(library, found);
  }
}

/** Where a library is that a package in `directory` imports: in `node_modules` there or above it. */
function installed(name: string, directory: string): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    try {
      return realpathSync(join(at, 'node_modules', name));
    } catch {
      if (at === dirname(at)) return undefined;
    }
  }
}

/** What counts of a package.json. */
interface Package {
  version: string;
  /** Names. */
  dependencies: string[];
  optionalDependencies: string[];
}

/**
 * Checked by hand: each run of Nx reads those of this workspace, and loading a library for it takes longer than all else
 * that the plugin does.
 */
function readPackage(directory: string): Package {
  const path = join(directory, 'package.json');
  const content = parseJson(readFileSync(path, 'utf8'));
  if (!isObject(content)) throw new TypeError(`${path} is not an object`);
  const { version = '' } = content;
  if (typeof version !== 'string') throw new TypeError(`${path}: version is not a text`);
  const namesIn = (field: string): string[] => {
    const { [field]: value = {} } = content;
    if (!isObject(value)) throw new TypeError(`${path}: ${field} is not an object`);
    return Object.keys(value);
  };
  return {
    version,
    dependencies: namesIn('dependencies'),
    optionalDependencies: namesIn('optionalDependencies'),
  };
}
