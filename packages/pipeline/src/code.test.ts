import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { codeDigest, codePlaces, dependenciesOf } from './code.ts';

let packages: string;
beforeEach(async () => {
  const root = await mkdtemp(join(tmpdir(), 'code-'));
  onTestFinished(() => rm(root, { recursive: true }));
  packages = join(root, 'packages');
  await write('front/package.json', { dependencies: { '@phyllome/back': 'workspace:*', near: 'catalog:' } });
  await write('front/src/front.ts', 'export const a = 1;');
  await write('back/package.json', { dependencies: {}, devDependencies: { tool: 'catalog:' } });
  await write('back/src/deep/table.json', '{}');
  await write('part/package.json', { dependencies: { '@phyllome/other': 'workspace:*', beside: 'catalog:' } });
  await write('part/src/one.ts', 'export const c = 1;');
  await write('part/src/rest/two.ts', 'export const d = 1;');
  await write('part/node_modules/beside/package.json', { version: '1.0.0' });
  await write('other/package.json', {});
  await write('other/src/other.ts', 'export const b = 1;');
  await write('front/node_modules/near/package.json', { version: '1.0.0', dependencies: { far: '^2.0.0' } });
  await write('../node_modules/far/package.json', { version: '2.0.0', optionalDependencies: { elsewhere: '1.0.0' } });
});

async function write(path: string, content: string | object): Promise<void> {
  await mkdir(dirname(join(packages, path)), { recursive: true });
  await writeFile(join(packages, path), typeof content === 'string' ? content : JSON.stringify(content));
}

const digest = (): string => codeDigest({ packages: ['front'], sources: ['part/src/*.ts'] }, packages);

test.each([
  ['a source', 'front/src/front.ts', 'export const a = 2;'],
  ['a source of a package behind it', 'back/src/deep/table.json', '{"a":1}'],
  ['a new source', 'back/src/new.ts', ''],
  ['a source that is named', 'part/src/one.ts', 'export const c = 2;'],
  [
    'another version of a library of the package it is in',
    'part/node_modules/beside/package.json',
    { version: '2.0.0' },
  ],
  ['another version of a library', 'front/node_modules/near/package.json', { version: '1.0.1' }],
  ['another version of a library behind that', '../node_modules/far/package.json', { version: '2.0.1' }],
])('%s is other code', async (_, path, content) => {
  const before = digest();
  await write(path, content);
  expect(digest()).not.toBe(before);
});

test.each([
  ['a test', 'front/src/front.test.ts', 'test'],
  ['a README', 'front/README.md', 'read'],
  ['a README among the sources', 'back/src/deep/README.md', 'read'],
  ['a source beside those that are named', 'part/src/rest/two.ts', 'export const d = 2;'],
  ['a package that it does not depend on', 'other/src/other.ts', 'export const b = 2;'],
  ['a tool that only tests use', 'back/node_modules/tool/package.json', { version: '9.0.0' }],
])('%s is none of it', async (_, path, content) => {
  const before = digest();
  await write(path, content);
  expect(digest()).toBe(before);
});

test('the same code elsewhere has the same digest', async () => {
  const before = digest();
  const copy = join(dirname(packages), 'copy/packages');
  await cp(packages, copy, { recursive: true });
  await cp(join(dirname(packages), 'node_modules'), join(dirname(copy), 'node_modules'), { recursive: true });
  expect(codeDigest({ packages: ['front'], sources: ['part/src/*.ts'] }, copy)).toBe(before);
});

test("this project's own code is found", () => {
  const { packages: own, libraries } = dependenciesOf(['pipeline']);
  expect(own).toEqual(expect.arrayContaining(['flattener', 'iso-builder', 'rehearsal']));
  expect(libraries).toContain('zod');
});

test('where packages are installed, what was built of the sources is the code, and each finds those that it needs', async () => {
  // As pnpm installs them: a package sees what it depends on, and nothing else.
  const modules = join(dirname(packages), 'isolated');
  await write('../isolated/front/package.json', { dependencies: { '@phyllome/back': '1.0.0' } });
  await write('../isolated/front/dist/front.js', 'export const a = 1;');
  await write('../isolated/front/node_modules/@phyllome/back/package.json', { version: '1.0.0' });
  await write('../isolated/front/node_modules/@phyllome/back/dist/deep/table.json', '{}');
  await write('../isolated/part/package.json', {});
  await write('../isolated/part/dist/one.js', 'export const c = 1;');
  const found = (): string => codeDigest({ packages: ['front'], sources: ['part/src/*.ts'] }, modules);
  const before = found();
  await write('../isolated/part/dist/one.d.ts', 'export declare const c: number;');
  expect(found()).toBe(before);
  for (const path of [
    'front/dist/front.js',
    'front/node_modules/@phyllome/back/dist/deep/table.json',
    'part/dist/one.js',
  ]) {
    const last = found();
    await write(`../isolated/${path}`, '// other');
    expect(found()).not.toBe(last);
  }
  const { trees, files } = codePlaces({ packages: ['front'], sources: ['part/src/*.ts'] }, modules);
  expect(trees).toEqual(['front/dist', 'front/node_modules/@phyllome/back/dist'].map((path) => join(modules, path)));
  expect(files).toContain(join(modules, 'part/dist/one.js'));
});
