import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
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

const open = (path: string): Cache => {
  const cache = Cache.open({ PHYLLOME_REHEARSAL_CACHE: path });
  if (cache === undefined) throw new Error('it is there');
  return cache;
};

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
  expect(await readdir(join(path, 'layers'))).toEqual(['a']);
  expect(await cache.find('layers/a')).toBe(join(path, 'layers/a'));
  expect(await cache.find('layers/b')).toBeUndefined();
});

test('what was used longest ago goes first', async ({ path }) => {
  const cache = open(path);
  for (const name of ['old', 'middle', 'new']) await cache.keep(`layers/${name}`, (part) => writeFile(part, '12345'));
  await utimes(join(path, 'layers/old'), 1000, 1000);
  await utimes(join(path, 'layers/middle'), 2000, 2000);
  await cache.find('layers/old');
  await cache.bound('layers', 10);
  expect((await readdir(join(path, 'layers'))).toSorted()).toEqual(['new', 'old']);
});

test('what a running build is writing stays; what a killed one left goes', async ({ path }) => {
  await writeFile(join(path, '.part-now'), '');
  await writeFile(join(path, '.part-then'), '');
  await utimes(join(path, '.part-then'), 1000, 1000);
  await open(path).bound('.', 100);
  expect(await readdir(path)).toEqual(['.part-now']);
});
