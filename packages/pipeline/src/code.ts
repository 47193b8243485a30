import { hash } from 'node:crypto';
import { globSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseJson } from '@phyllome/host/json';
import * as z from 'zod';

/**
 * The code behind a package, for Nx, which hashes it, and for the image store, which finds ISOs by it. It follows from the
 * dependencies in package.json, so it cannot fall behind what is really used.
 */

const packageSchema = z.object({
  version: z.string().default(''),
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});
const scope = '@phyllome/';

/** Where the packages are whose code runs. */
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
  const packages = new Set(names);
  const libraries = new Set<string>();
  // A set goes on to those that are added while it is gone through.
  for (const name of packages) {
    for (const dependency of Object.keys(readPackage(join(folder, name)).dependencies)) {
      if (dependency.startsWith(scope)) packages.add(dependency.slice(scope.length));
      else libraries.add(dependency);
    }
  }
  return { packages: [...packages].toSorted(), libraries: [...libraries].toSorted() };
}

/** The libraries that a package itself depends on. */
export function librariesOf(name: string, folder = packagesFolder): string[] {
  return Object.keys(readPackage(join(folder, name)).dependencies).filter((one) => !one.startsWith(scope));
}

/** The packages that single sources are in. */
export const packagesOf = ({ sources }: Pick<Code, 'sources'>): string[] => [
  ...new Set(sources.map((glob) => glob.split('/', 1)[0] ?? '')),
];

/** Folders and single files, absolute, of which any change may change {@link codeDigest}. */
export function codePlaces(code: Code, folder = packagesFolder): { trees: string[]; files: string[] } {
  const { packages } = dependenciesOf(code.packages, folder);
  const sources = code.sources.flatMap((glob) => globSync(glob, { cwd: folder }).map((path) => join(folder, path)));
  return {
    trees: packages.map((name) => join(folder, name, 'src')),
    files: [
      ...new Set(sources.flatMap((path) => [dirname(path), path])),
      ...[...packages, ...packagesOf(code)].map((name) => join(folder, name, 'package.json')),
      // Every library in its version: pnpm writes it whenever it installs one.
      join(folder, '../node_modules/.pnpm/lock.yaml'),
    ],
  };
}

/**
 * The digest (`sha256:…`) of code: sources, without tests and documents, the versions of all libraries as they are
 * installed, and of Node.
 *
 * @param folder where the packages are
 */
export function codeDigest(code: Code, folder = packagesFolder): string {
  const { packages } = dependenciesOf(code.packages, folder);
  const sources = [...packages.map((name) => `${name}/src/**/*`), ...code.sources].flatMap((glob) =>
    // What Nx calls `production`.
    globSync(glob, { cwd: folder, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/\.(?:test\.ts|md)$/u.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((path) => [path.slice(folder.length), hash('sha256', readFileSync(path))]),
  );
  const libraries = new Set<string>();
  for (const name of [...packages, ...packagesOf(code)]) addLibraries(join(folder, name), libraries);
  return `sha256:${hash('sha256', JSON.stringify([sources, [...libraries].toSorted(), process.version]))}`;
}

/** Adds `name@version` of all libraries behind a package, as Node finds them from its directory. */
function addLibraries(directory: string, found: Set<string>): void {
  const { dependencies, optionalDependencies } = readPackage(directory);
  for (const name of [...Object.keys(dependencies), ...Object.keys(optionalDependencies)]) {
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

function readPackage(directory: string): z.infer<typeof packageSchema> {
  return packageSchema.parse(parseJson(readFileSync(join(directory, 'package.json'), 'utf8')));
}
