/**
 * Makes programs of this project start fast. A program imports this first, and then its own code by `import()`. JavaScript,
 * because TypeScript would load the type stripper before the compile cache is there, which costs 15 MiB and most of the
 * gain.
 */
import { enableCompileCache, registerHooks } from 'node:module';

// Node keeps what it makes of the sources.
enableCompileCache();

/** Where this project's packages are: each in a folder of its name. */
const packages = new URL('../../', import.meta.url);
const scope = '@phyllome/';
const exportsOf = new Map();
const { readFileSync } = process.getBuiltinModule('node:fs');

// What a module of ours names as `./other.ts` is that very file, and `@phyllome/host/errors` is in the package next door.
// Node would look for package types, `node_modules` and symbolic links, of each of a hundred modules: half of what
// loading them takes.
registerHooks({
  resolve(specifier, context, nextResolve) {
    const { parentURL = '' } = context;
    if (!parentURL.startsWith(packages.href) || !parentURL.endsWith('.ts')) return nextResolve(specifier, context);
    const url = specifier.startsWith('.') ? new URL(specifier, parentURL) : exported(specifier);
    if (url === undefined || !url.pathname.endsWith('.ts')) return nextResolve(specifier, context);
    return { url: url.href, format: 'module-typescript', shortCircuit: true };
  },
});

/** The file that a package of ours exports by this name; undefined for what is not ours, or not exported. */
function exported(specifier) {
  if (!specifier.startsWith(scope)) return undefined;
  const [name, ...path] = specifier.slice(scope.length).split('/');
  const folder = new URL(`${name}/`, packages);
  if (!exportsOf.has(name)) {
    const { exports } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
    exportsOf.set(name, exports);
  }
  const file = exportsOf.get(name)[['.', ...path].join('/')];
  return file === undefined ? undefined : new URL(file, folder);
}
