import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseRecipe, recipeKey } from './recipe.ts';
import { rehearsalCacheDirectory, rootfsTar, tidy } from './rootfs.ts';

const dayMs = 24 * 60 * 60 * 1000;
async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'rootfs-test-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

test('what was not used for a month goes, and what was begun and not finished after a day', async () => {
  const directory = await temporary();
  const now = Date.now();
  const ages = { 'rootfs-a.tar': 29, 'rootfs-b.tar': 31, 'making-a': 0.5, 'making-b': 2, 'of-others': 100 };
  for (const [name, days] of Object.entries(ages)) {
    if (name.startsWith('making-')) {
      await mkdir(join(directory, name));
      await writeFile(join(directory, name, 'half'), '');
    } else await writeFile(join(directory, name), 'x');
    const time = new Date(now - days * dayMs);
    await utimes(join(directory, name), time, time);
  }
  await tidy(directory, now);
  expect((await readdir(directory)).toSorted()).toEqual(['making-a', 'of-others', 'rootfs-a.tar']);
});

test('one that is used counts as used now', async () => {
  const env = { XDG_CACHE_HOME: await temporary() };
  const recipe = parseRecipe('{ "suite": "trixie", "variant": "apt", "packages": [] }');
  const path = join(rehearsalCacheDirectory(env), `rootfs-${recipeKey(recipe).slice(0, 16)}.tar`);
  await mkdir(rehearsalCacheDirectory(env), { recursive: true });
  await writeFile(path, 'x');
  await utimes(path, 1000, 1000);
  expect(await rootfsTar(recipe, { env })).toBe(path);
  await tidy(rehearsalCacheDirectory(env));
  expect(await readdir(rehearsalCacheDirectory(env))).toHaveLength(1);
});
