import { createReadStream, globSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join, posix, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { execa } from 'execa';
import { extract } from 'tar-stream';

const repository = resolve(import.meta.dirname, '../../..');

/** Builds and packs every package, as they are published, into `dist/packages`; returns the tarballs' paths. */
export async function packAll(): Promise<string[]> {
  await execa('pnpm', ['pack:packages'], { cwd: repository, stdin: 'ignore' });
  const directory = join(repository, 'dist/packages');
  return (await readdir(directory)).toSorted().map((name) => join(directory, name));
}

/** The files of a tarball, by their paths in the package. */
export type Files = ReadonlyMap<string, string>;

export async function filesOf(tarball: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const entry of createReadStream(tarball).pipe(createGunzip()).pipe(extract())) {
    files.set(entry.header.name.replace(/^package\//u, ''), await text(entry));
  }
  return files;
}

/** What is read of a package.json that was packed. */
interface Packed {
  name: string;
  bin?: Record<string, string>;
  exports?: Record<string, string>;
  imports?: Record<string, string>;
  types?: string;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/** Why a package would not work, or should not be published so: nothing, when all is well. Pure. */
export function problemsOf(files: Files): string[] {
  const project: Packed = JSON.parse(files.get('package.json') ?? '{}');
  const { bin = {}, exports = {}, imports = {}, dependencies = {}, peerDependencies = {} } = project;
  const needed = new Set(['LICENSE', 'README.md', 'package.json']);
  const need = (path: string): unknown => needed.add(posix.normalize(path));
  for (const path of Object.values({ ...bin, ...imports })) need(path);
  for (const [name, path] of Object.entries(exports)) {
    need(path);
    // That one is for bins alone.
    if (name !== './start') need(path.replace(/\.js$/u, '.d.ts'));
  }
  if (project.types !== undefined) need(project.types);
  for (const [path, code] of files) {
    for (const from of importsOf(path, code)) {
      if (from.startsWith('.')) {
        const target = posix.join(posix.dirname(path), from);
        // The types of `./x.ts` are in x.d.ts.
        need(path.endsWith('.d.ts') ? target.replace(/(?:\.d)?\.[jt]s$/u, '.d.ts') : target);
      }
    }
  }
  const own = new Set([project.name, ...Object.keys({ ...dependencies, ...peerDependencies })]);
  const foreign = [...files].flatMap(([path, code]) =>
    importsOf(path, code)
      .filter((from) => /^[@a-z]/u.test(from) && !isBuiltin(from) && !own.has(nameOf(from)))
      .map((from) => `${path} imports ${from}, which is not a dependency`),
  );
  return [
    ...[...needed].filter((path) => !files.has(path)).map((path) => `${path} is missing`),
    ...[...files.keys()]
      .filter((path) => /(?:^|\/)(?:test|src|node_modules)\/|\.test\.|(?<!\.d)\.ts$/u.test(path))
      .map((path) => `${path} is not for users`),
    ...Object.entries(dependencies)
      .filter(([, version]) => version.includes(':'))
      .map(([name, version]) => `${name} is ${version}, which only this workspace knows`),
    ...foreign,
  ];
}

/** `@scope/name` of `@scope/name/path`. */
const nameOf = (from: string): string =>
  from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');

/** What a module, or the types of one, imports. */
function importsOf(path: string, code: string): string[] {
  if (!/\.(?:js|d\.ts)$/u.test(path)) return [];
  const statements =
    /^(?:import|export)\b[^'";]*?from\s*["'](?<from>[^"']+)["']|\bimport\(["'](?<lazy>[^"']+)["']\)|^import\s*["'](?<bare>[^"']+)["']/gmu;
  return [...code.matchAll(statements)].flatMap(
    ({ groups }) => groups?.['from'] ?? groups?.['lazy'] ?? groups?.['bare'] ?? [],
  );
}

/** The files among the sources of a package that are read when it runs, and not loaded: they go with it as they are. */
export function dataOf(folder: string): string[] {
  return globSync('src/**/*', { cwd: join(repository, folder), withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(?:ts|md|S)$|^(?!.*schema).*\.json$|^start.*\.js$/u.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(repository, folder, 'src/').length))
    .toSorted();
}
