import { lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownOwner } from '@phyllome/host';
import { expect, test } from 'vitest';
import { partialPrefix, reapPartialResults } from '../../src/build/reap.ts';
import { prepareResultDirectory } from '../../src/build/result-directory.ts';
import { temporaryDirectory } from '../puppet/puppet.ts';

/** A result in the making, with the files that matter here. */
async function build(destination: string, text: string): Promise<void> {
  await using directory = await prepareResultDirectory(destination);
  await mkdir(join(directory.path, 'logs'));
  for (const name of ['new.iso', 'manifest.json', 'image.json', 'logs/console.log'])
    await writeFile(join(directory.path, name), text);
  await directory.commit();
}

const result = ['image.json', 'logs', 'manifest.json', 'new.iso'];

test('a result replaces an earlier one, whole, and leaves nothing beside it', async () => {
  await using folder = await temporaryDirectory();
  const destination = join(folder.path, 'iso-l');
  await build(destination, 'one');
  await writeFile(join(destination, 'logs/old.log'), '');
  await build(destination, 'two');
  expect((await readdir(destination, { recursive: true })).toSorted()).toEqual(
    [...result, 'logs/console.log'].toSorted(),
  );
  expect(await readdir(folder.path)).toEqual(['iso-l']);
});

test('what is not of the result stays', async () => {
  await using folder = await temporaryDirectory();
  const destination = join(folder.path, 'iso-l');
  await build(destination, 'one');
  await writeFile(join(destination, 'vm.qcow2'), 'a disk');
  await writeFile(join(destination, 'my own.iso'), 'an ISO');
  const { ino } = await lstat(join(destination, 'vm.qcow2'));
  await build(destination, 'two');
  expect((await readdir(destination)).toSorted()).toEqual([...result, 'my own.iso', 'vm.qcow2'].toSorted());
  expect((await lstat(join(destination, 'vm.qcow2'))).ino).toBe(ino);
  expect(await readFile(join(destination, 'manifest.json'), 'utf8')).toBe('two');
  expect(await readdir(folder.path)).toEqual(['iso-l']);
});

test('a destination that is a link to another directory stays one, and nothing else there is touched', async () => {
  await using folder = await temporaryDirectory();
  const disk = join(folder.path, 'disk');
  await mkdir(disk);
  const destination = join(folder.path, 'iso-l');
  await symlink('disk', destination);
  await build(destination, 'one');
  await writeFile(join(disk, 'vm.qcow2'), 'a disk');
  await build(destination, 'two');
  expect((await lstat(destination)).isSymbolicLink()).toBe(true);
  expect((await readdir(disk)).toSorted()).toEqual([...result, 'vm.qcow2'].toSorted());
  const dead = `${partialPrefix(destination)}${ownOwner.replace(/~\d+~\d+$/u, '~4194304~1')}~x`;
  await mkdir(join(disk, dead));
  expect(await reapPartialResults(destination)).toEqual([dead]);
});

test('a failed build of a linked destination keeps its logs beside it', async () => {
  await using folder = await temporaryDirectory();
  await mkdir(join(folder.path, 'disk'));
  const destination = join(folder.path, 'iso-l');
  await symlink('disk', destination);
  await using directory = await prepareResultDirectory(destination);
  await writeFile(join(directory.path, 'x.log'), 'why');
  expect(await directory.keepAsFailed()).toBe(`${destination}.failed`);
  expect(await readdir(`${destination}.failed`)).toEqual(['x.log']);
  expect(await readdir(join(folder.path, 'disk'))).toEqual([]);
});
