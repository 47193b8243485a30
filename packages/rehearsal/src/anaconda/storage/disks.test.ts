import { expect, test } from 'vitest';
import { parseDisks } from './disks.ts';

/** As lsblk of util-linux 2.41 prints it. */
const listed = (...blockdevices: object[]): string => JSON.stringify({ blockdevices });
const vda = {
  name: 'vda',
  type: 'disk',
  size: 10_737_418_240,
  ro: false,
  fstype: null,
  pttype: null,
  label: null,
  mountpoints: [null],
};

test('lists the disks that may be installed on: not the medium, not its loop devices, not memory', () => {
  const json = listed(
    { ...vda, name: 'loop0', type: 'loop' },
    { ...vda, name: 'sr0', type: 'rom', label: 'Phyllome-s-44-i' },
    { ...vda, name: 'zram0' },
    { ...vda, name: 'fd0', size: 4096 },
    vda,
  );
  expect(parseDisks(json, 'Phyllome-s-44-i')).toEqual([
    { name: 'vda', bytes: 10 * 2 ** 30, readOnly: false, contents: [] },
  ]);
});

test('a stick that the medium was written to is not a disk to install on', () => {
  const stick = {
    ...vda,
    name: 'sda',
    label: 'Phyllome-s-44-i',
    fstype: 'iso9660',
    children: [{ name: 'sda2', fstype: 'vfat' }],
  };
  expect(parseDisks(listed(stick, vda), 'Phyllome-s-44-i').map(({ name }) => name)).toEqual(['vda']);
  expect(parseDisks(listed(stick, vda), 'another').map(({ name }) => name)).toEqual(['sda', 'vda']);
});

test('knows what is on a disk, with and without a partition table', () => {
  const parts = {
    ...vda,
    pttype: 'gpt',
    children: [
      { name: 'vda1', fstype: 'ntfs' },
      { name: 'vda2', fstype: null },
    ],
  };
  const bare = { ...vda, name: 'vdb', fstype: 'LVM2_member' };
  expect(parseDisks(listed(parts, bare), 'x').map(({ contents }) => contents)).toEqual([
    ['vda1 (ntfs)', 'vda2 (unknown)'],
    ['vdb (LVM2_member)'],
  ]);
});

test.each(['', '{}', '[]', 'lsblk: not found'])('refuses what is not lsblk’s: %j', (text) => {
  expect(() => parseDisks(text, 'x')).toThrow(/lsblk/u);
});
