import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as base } from 'vitest';
import type { RootfsRecipe } from '../../src/client/recipe.ts';
import { rehearsalCacheDirectory, rootfsTar } from '../../src/client/rootfs.ts';

// oxlint-disable-next-line no-empty-pattern -- vitest reads from the pattern which fixtures are needed
const test = base.extend('env', async ({}, { onCleanup }) => {
  const directory = await mkdtemp(join(tmpdir(), 'phyllome-rootfs-'));
  onCleanup(() => rm(directory, { recursive: true, force: true }));
  return { ...process.env, XDG_CACHE_HOME: directory };
});

const small: RootfsRecipe = { suite: 'trixie', variant: 'apt', packages: [] };

test('an interrupted mmdebstrap leaves nothing in the cache', async ({ env }) => {
  const interruption = new AbortController();
  const reason = new Error('enough');
  const outcome = rootfsTar(small, { env, signal: interruption.signal }).catch((error: unknown) => error);
  // mmdebstrap has begun once its own temporary directory is in ours.
  const begun = async (): Promise<boolean> => {
    const [making] = await readdir(rehearsalCacheDirectory(env)).catch(() => []);
    return making !== undefined && (await readdir(join(rehearsalCacheDirectory(env), making))).length > 0;
  };
  await expect.poll(begun, { timeout: 60_000 }).toBe(true);
  interruption.abort(reason);
  expect(await outcome).toBe(reason);
  expect(await readdir(rehearsalCacheDirectory(env))).toEqual([]);
});

test('a recipe that asks for a package that is not there fails with what mmdebstrap said', async ({ env }) => {
  const making = rootfsTar({ ...small, packages: ['no-such-package'] }, { env });
  await expect(making).rejects.toMatchObject({
    code: 'REHEARSAL_ROOTFS_FAILED',
    message: expect.stringContaining('no-such-package'),
  });
  expect(await readdir(rehearsalCacheDirectory(env))).toEqual([]);
});

test('without mmdebstrap the error says how to get it', async ({ env }) => {
  const making = rootfsTar(small, { env: { ...env, PATH: '/nowhere' } });
  await expect(making).rejects.toMatchObject({
    code: 'REHEARSAL_MMDEBSTRAP_MISSING',
    hint: expect.stringContaining('./setup'),
  });
});

test('a cache that cannot be written is named', async ({ env }) => {
  const file = join(env.XDG_CACHE_HOME, 'file');
  await writeFile(file, '');
  await expect(rootfsTar(small, { env: { ...env, XDG_CACHE_HOME: file } })).rejects.toMatchObject({
    code: 'REHEARSAL_CACHE_UNWRITABLE',
  });
});
