import { mkdir, mkdtempDisposable, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { expect, test } from 'vitest';
import { createDisk } from './disk.ts';

const GIB = 1024 ** 3;

test('a disk appears when it is complete, sparse and of its size', async () => {
  await using at = await mkdtempDisposable(join(tmpdir(), 'disk-'));
  const path = join(at.path, 'new', 'dhi.img');
  await using disk = await createDisk(path, 10, { replace: false });
  expect(await readdir(join(at.path, 'new'))).toEqual([
    `dhi.img.${process.pid}.partial`,
    `dhi.img.${process.pid}.work`,
  ]);
  await writeFile(disk.path, 'x', { flag: 'r+' });
  await writeFile(join(disk.workDir, 'initrd.img'), 'x');
  await disk.complete();
  await disk[Symbol.asyncDispose]();
  expect(await readdir(join(at.path, 'new'))).toEqual(['dhi.img']);
  const { size, blocks } = await stat(path);
  expect(size).toBe(10 * GIB);
  expect(blocks * 512).toBeLessThan(GIB);
});

test('a disk that was not completed leaves nothing', async () => {
  await using at = await mkdtempDisposable(join(tmpdir(), 'disk-'));
  const disk = await createDisk(join(at.path, 'dhi.img'), 1, { replace: false });
  await disk[Symbol.asyncDispose]();
  expect(await readdir(at.path)).toEqual([]);
});

test('one that is there stays, unless it may be replaced, and then until the new one is complete', async () => {
  await using at = await mkdtempDisposable(join(tmpdir(), 'disk-'));
  const path = join(at.path, 'dhi.img');
  await writeFile(path, 'somebody needs this');
  await expect(createDisk(path, 1, { replace: false })).rejects.toMatchObject({ code: 'DISK_EXISTS' });
  await using disk = await createDisk(path, 1, { replace: true });
  expect(await readFile(path, 'utf8')).toBe('somebody needs this');
  await disk.complete();
  expect((await stat(path)).size).toBe(GIB);
});

test('one that somebody else completes meanwhile stays', async () => {
  await using at = await mkdtempDisposable(join(tmpdir(), 'disk-'));
  const path = join(at.path, 'dhi.img');
  await using disk = await createDisk(path, 1, { replace: false });
  await writeFile(path, 'installed by another');
  await expect(disk.complete()).rejects.toMatchObject({ code: 'DISK_EXISTS' });
  expect(await readFile(path, 'utf8')).toBe('installed by another');
});

test('what a killed process left is removed, and what a running one makes is not', async () => {
  await using at = await mkdtempDisposable(join(tmpdir(), 'disk-'));
  const { stdout: ended } = execaSync('sh', ['-c', 'echo $$']);
  await mkdir(join(at.path, `dhi.img.${ended}.work`));
  const others = ['dhi.img.1.partial', 'other.img.5.partial', 'dhi.img.x.partial'];
  for (const name of [`dhi.img.${ended}.partial`, ...others]) await writeFile(join(at.path, name), '');
  await using _ = await createDisk(join(at.path, 'dhi.img'), 1, { replace: false });
  expect((await readdir(at.path)).toSorted()).toEqual(
    [...others, `dhi.img.${process.pid}.partial`, `dhi.img.${process.pid}.work`].toSorted(),
  );
});
