import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const STATEMENT = /\b(?:import|export)\s+(?<type>type\s+)?\{(?<names>[^}]*)\}\s*(?:from\s*'(?<from>[^']+)')?/gu;
const DYNAMIC = /\{(?<names>[^{}=]*)\}\s*=\s*await import\(\s*'(?<from>[^']+)'/gu;

/** The names in braces that are values: `a`, `b` of `{ a, type T, b as c }`, or `c` where the last name counts. */
function values(names: string, which: 'first' | 'last'): string[] {
  return names
    .split(',')
    .map((name) => name.trim().split(/\s+as\s+|\s*:\s*/u))
    .filter(([name = '']) => name !== '' && !name.startsWith('type '))
    .map((parts) => parts.at(which === 'first' ? 0 : -1) ?? '');
}

/** Every package's entries that are an `index.ts`, each with its name for others and what values it exports. */
const entries = globSync('packages/*/package.json', { cwd: root }).flatMap((path) => {
  const { name, exports = {} }: { name: string; exports?: Record<string, string> } = JSON.parse(read(path));
  return Object.entries(exports)
    .filter(([, file]) => file.endsWith('/index.ts'))
    .map(([entry, file]) => {
      const index = join(dirname(path), file);
      const exported = [...read(index).matchAll(STATEMENT)]
        .filter(({ 0: text, groups }) => text.startsWith('export') && groups?.['type'] === undefined)
        .flatMap(({ groups }) => values(groups?.['names'] ?? '', 'last'));
      return { name: join(name, entry), index, exported };
    });
});

/** Sources, benches, checks and READMEs, whose examples are run: what they import, with the file that it is in. */
const uses = globSync(['packages/**/*.{ts,js,md}', 'bench/**/*.ts', 'acceptance/**/*.ts'], {
  cwd: root,
  exclude: ['**/node_modules/**'],
}).flatMap((path) =>
  [...read(path).matchAll(STATEMENT), ...read(path).matchAll(DYNAMIC)].flatMap(({ groups }) => {
    const { names = '', from = '' } = groups ?? {};
    const file = from.startsWith('.') ? join(dirname(path), from) : from;
    return values(names, 'first').map((name) => ({ path, file, name }));
  }),
);

test('there are entries with exports', () => {
  expect(entries.flatMap(({ exported }) => exported).length).toBeGreaterThan(100);
});

test.each(entries)('$name exports what others use, or its README explains', ({ name, index, exported }) => {
  const folder = join(...index.split('/').slice(0, 2));
  const outside = uses.filter(
    ({ path, file }) =>
      (file === name || file === index) &&
      // A package's own tests do not count, those of others are.
      (path.endsWith('.test.ts') ? !path.startsWith(`${folder}/`) : isOutside(path, dirname(index))),
  );
  const used = new Set(outside.map((use) => use.name));
  const readme = read(join(folder, 'README.md'));
  const isExplained = (one: string): boolean => [`\`${one}\``, `\`${one}(`].some((mark) => readme.includes(mark));
  expect(exported.filter((one) => !used.has(one) && !isExplained(one))).toEqual([]);
});

const isOutside = (path: string, folder: string): boolean =>
  path.endsWith('.md') || relative(folder, path).startsWith('..');
