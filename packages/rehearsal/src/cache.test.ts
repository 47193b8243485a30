import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as base } from 'vitest';
import { Cache } from './cache.ts';

// oxlint-disable-next-line no-empty-pattern -- vitest reads from the pattern which fixtures are needed
const test = base.extend('path', async ({}, { onCleanup }) => {
  const path = await mkdtemp(join(tmpdir(), 'phyllome-cache-'));
  onCleanup(() => rm(path, { recursive: true, force: true }));
  return path;
});

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function open(path: string): Cache {
  const cache = Cache.open({ PHYLLOME_REHEARSAL_CACHE: path });
  if (cache === undefined) throw new Error('it is there');
  return cache;
}

test('there is none unless it is named and there', ({ path }) => {
  expect(Cache.open({})).toBeUndefined();
  expect(Cache.open({ PHYLLOME_REHEARSAL_CACHE: join(path, 'none') })).toBeUndefined();
});

test('a file appears when it is whole; one that cannot be made does not', async ({ path }) => {
  const cache = open(path);
  await cache.keep('layers/a', (part) => writeFile(part, 'whole'));
  await cache.keep('layers/b', async (part) => {
    await writeFile(part, 'ha');
    throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
  });
  expect(await readdir(join(path, 'layers'))).toEqual([`a.${sha256('whole')}`]);
  expect(await cache.find('layers/a')).toBe(join(path, `layers/a.${sha256('whole')}`));
  expect(await cache.find('layers/b')).toBeUndefined();
});

test.for([
  ['altered', (file: string) => writeFile(file, 'other')],
  ['under another digest', (file: string) => rename(file, `${file.slice(0, -64)}${'0'.repeat(64)}`)],
  [
    'replaced by a link to one with the right content',
    async (file: string) => {
      await rename(file, join(file, '../../elsewhere'));
      await symlink('../elsewhere', file);
    },
  ],
  [
    'replaced by a directory',
    async (file: string) => {
      await rm(file);
      await mkdir(file);
    },
  ],
  ['under the bare name, as builds of before kept it', (file: string) => rename(file, file.slice(0, -65))],
] as const)('a file that is %s is not used', async ([, tamper], { path }) => {
  const cache = open(path);
  await cache.keep('layers/a', (part) => writeFile(part, 'whole'));
  await tamper((await cache.find('layers/a')) ?? '');
  expect(await cache.find('layers/a')).toBeUndefined();
  // And it does not stand in the way of a new one.
  await cache.keep('layers/a', (part) => writeFile(part, 'whole'));
  expect(await cache.find('layers/a')).toBe(join(path, `layers/a.${sha256('whole')}`));
});

test('what was used longest ago goes first', async ({ path }) => {
  const cache = open(path);
  for (const name of ['old', 'middle', 'new']) await cache.keep(`layers/${name}`, (part) => writeFile(part, '12345'));
  const file = (name: string): string => join(path, `layers/${name}.${sha256('12345')}`);
  await utimes(file('old'), 1000, 1000);
  await utimes(file('middle'), 2000, 2000);
  await cache.find('layers/old');
  await cache.bound('layers', 10);
  expect((await readdir(join(path, 'layers'))).map((name) => name.slice(0, 3)).toSorted()).toEqual(['new', 'old']);
});

test('what a running build is writing stays; what a killed one left goes', async ({ path }) => {
  await writeFile(join(path, '.part-now'), '');
  await writeFile(join(path, '.part-then'), '');
  await utimes(join(path, '.part-then'), 1000, 1000);
  await open(path).bound('.', 100);
  expect(await readdir(path)).toEqual(['.part-now']);
});
