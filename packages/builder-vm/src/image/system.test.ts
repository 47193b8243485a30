import { entriesOf, tarOf } from '@phyllome/iso-builder';
import { expect, test } from 'vitest';
import { findSystem } from './system.ts';

const system = (paths: readonly string[]) =>
  findSystem(entriesOf(tarOf(paths.map((path) => ({ path, content: path })))), 'the image');

test.each([
  ['Debian', ['boot/vmlinuz-6.12-amd64', 'usr/lib/modules/6.12-amd64/kernel/fs/fat/vfat.ko.xz', 'usr/bin/busybox']],
  ['Fedora', ['lib/modules/6.17.fc44/vmlinuz', 'lib/modules/6.17.fc44/kernel/fs/fat/vfat.ko.xz', 'usr/sbin/busybox']],
])('the kernel, its modules and busybox of %s', async (_, paths) => {
  const found = await system(paths);
  expect(found.kernel.toString()).toBe(paths[0]);
  expect(found.busybox.toString()).toBe(paths[2]);
  expect([...found.modules]).toEqual([['vfat', { file: 'vfat.ko.xz', content: Buffer.from(paths[1] ?? '') }]]);
});

test('of two kernels one, with its own modules', async () => {
  const found = await system([
    'boot/vmlinuz-6.1',
    'boot/vmlinuz-6.2',
    'bin/busybox',
    'lib/modules/6.1/kernel/a.ko',
    'lib/modules/6.2/kernel/b.ko',
  ]);
  expect(found.release).toBe('6.2');
  expect([...found.modules.keys()]).toEqual(['b']);
});

test.each([
  ['kernel', ['bin/busybox', 'boot/other']],
  ['busybox', ['boot/vmlinuz-6.1']],
])('without a %s there is no machine', async (what, paths) => {
  await expect(system(paths)).rejects.toMatchObject({
    code: 'HOST_UNSUITABLE',
    message: expect.stringContaining(`has no ${what}`) as unknown,
  });
});
