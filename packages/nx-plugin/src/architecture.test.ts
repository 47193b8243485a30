import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The table of docs/architecture.md: what each package may import. */
const table = new Map(
  [...read('docs/architecture.md').matchAll(/^\| `(?<name>[a-z-]+)` \| (?<imports>[^|]*) \|/gmu)].map(({ groups }) => [
    groups?.['name'] ?? '',
    [...(groups?.['imports'] ?? '').matchAll(/`(?<name>[a-z-]+)`/gu)].map((one) => one.groups?.['name'] ?? ''),
  ]),
);
const packages = globSync('packages/*/package.json', { cwd: root }).map((path) => path.split('/')[1] ?? '');

/** Every source of a package, tests apart, and what it imports: types, too. */
function sourcesOf(name: string): { path: string; imports: string[] }[] {
  return globSync(`packages/${name}/src/**/*.ts`, { cwd: root })
    .filter((path) => !path.endsWith('.test.ts'))
    .map((path) => ({
      path,
      imports: [...read(path).matchAll(/(?:^|[\s;}])(?:from|import)\s*\(?\s*'(?<from>[^']+)'/gu)].map(
        ({ groups }) => groups?.['from'] ?? '',
      ),
    }));
}

test('the table has every package', () => {
  expect([...table.keys()].toSorted()).toEqual(packages.toSorted());
});

describe.each(packages)('%s', (name) => {
  const sources = sourcesOf(name);

  test('imports nothing but what the table of docs/architecture.md says', () => {
    const imported = sources.flatMap(({ imports }) =>
      imports.flatMap((from) => /^@phyllome\/(?<name>[a-z-]+)/u.exec(from)?.groups?.['name'] ?? []),
    );
    const allowed = table.get(name) ?? [];
    expect([...new Set(imported)].filter((one) => !allowed.includes(one))).toEqual([]);
  });

  test('reaches into no other package by a path', () => {
    const outside = sources.flatMap(({ path, imports }) =>
      imports
        .filter((from) => from.startsWith('.') && !normalize(join(dirname(path), from)).startsWith(`packages/${name}/`))
        .map((from) => `${path}: ${from}`),
    );
    expect(outside).toEqual([]);
  });

  test('has no circle of imports, types included', () => {
    expect(circleIn(sources)).toEqual([]);
  });
});

test('no package is behind itself', () => {
  const edges = [...table].map(([name, imports]) => ({ path: name, imports }));
  expect(circleIn(edges, (_, to) => to)).toEqual([]);
});

/** The files of one circle, in its order; empty when there is none. */
function circleIn(
  files: readonly { path: string; imports: readonly string[] }[],
  resolve = (path: string, from: string) => (from.startsWith('.') ? normalize(join(dirname(path), from)) : ''),
): string[] {
  const edges = new Map(files.map(({ path, imports }) => [path, imports.map((from) => resolve(path, from))]));
  const done = new Set<string>();
  const visit = (path: string, above: readonly string[]): string[] => {
    if (above.includes(path)) return [...above.slice(above.indexOf(path)), path];
    if (done.has(path)) return [];
    for (const next of edges.get(path) ?? []) {
      const circle = visit(next, [...above, path]);
      if (circle.length > 0) return circle;
    }
    done.add(path);
    return [];
  };
  for (const path of edges.keys()) {
    const circle = visit(path, []);
    if (circle.length > 0) return circle;
  }
  return [];
}
