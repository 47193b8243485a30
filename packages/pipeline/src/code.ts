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

/**
 * The digest (`sha256:…`) of the code behind some packages: their sources, without tests and documents, those of all packages of ours
 * that they depend on, the versions of all libraries as they are installed, and of Node.
 *
 * @param names of packages, by folder
 * @param folder where they are
 */
export function codeDigest(names: readonly string[], folder = packagesFolder): string {
  const { packages } = dependenciesOf(names, folder);
  const sources = packages.flatMap((name) =>
    // What Nx calls `production`.
    globSync(`${name}/src/**/*`, { cwd: folder, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/\.(?:test\.ts|md)$/u.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((path) => [path.slice(folder.length), hash('sha256', readFileSync(path))]),
  );
  const libraries = new Set<string>();
  for (const name of packages) addLibraries(join(folder, name), libraries);
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
