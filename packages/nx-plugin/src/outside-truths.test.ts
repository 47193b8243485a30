import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The table of docs/architecture.md: what is known of the outside world, its one source, and what only that has. */
const truths = [
  ...read('docs/architecture.md').matchAll(
    /^\| (?<what>[^|]+) \| `(?<path>packages\/[^`]+)` \| `(?<sign>[^`]+)` \|$/gmu,
  ),
].map(({ groups }): [string, string, string] => [
  groups?.['what'] ?? '',
  groups?.['path'] ?? '',
  groups?.['sign'] ?? '',
]);

const sources = globSync('packages/*/src/**/*.ts', { cwd: root })
  .filter((path) => !path.endsWith('.test.ts'))
  .map((path) => ({ path, text: read(path) }));

test('there are truths to look for', () => {
  expect(truths.length).toBeGreaterThan(20);
  expect(new Set(truths.map(([, path]) => path)).size).toBe(truths.length);
});

test.each(truths)('%s: %s', (_, path, sign) => {
  expect(sources.filter(({ text }) => text.includes(sign)).map((source) => source.path)).toEqual([path]);
});

/** Written by a program of QEMU's own schema: no one's choice of an architecture. */
const generated = ['packages/vm-tester/src/qmp/commands.ts'];

const withoutComments = (text: string): string => text.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gmu, '');

test('architectures are named in one place, whoever names them', () => {
  const names = /(?<!architectures\.)x86_64|(?<!architectures\.)aarch64|\bamd64|\barm64|-x64\b|BOOT(?:X64|AA64)/u;
  const places = sources
    .filter(({ path, text }) => !generated.includes(path) && names.test(withoutComments(text)))
    .map(({ path }) => path);
  expect(places).toEqual(['packages/host/src/architecture.ts']);
});
