import { mkdir, open, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryDirectory } from '@phyllome/host';
import { SECTOR_BYTES, findIsoFile } from '@phyllome/medium';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { readContents } from '../../src/image/contents.ts';

/** A live ISO as far as its layout goes: a squashfs where lorax puts it, and a menu. */
async function makeIso(): Promise<string> {
  const directory = await temporaryDirectory('contents-');
  onTestFinished(() => directory[Symbol.asyncDispose]());
  const root = join(directory.path, 'root');
  const medium = join(directory.path, 'medium');
  const files = { 'usr/lib/modules/6.12.8/vmlinuz': 'kernel', 'etc/with blank': 'x' };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const wants = join(root, 'etc/systemd/system/multi-user.target.wants');
  await mkdir(wants, { recursive: true });
  await symlink('/usr/lib/systemd/system/sshd.service', join(wants, 'sshd.service'));
  await mkdir(join(medium, 'LiveOS'), { recursive: true });
  await mkdir(join(medium, 'boot/grub2'), { recursive: true });
  await writeFile(
    join(medium, 'boot/grub2/grub.cfg'),
    "menuentry 'Start' {\n  linux /images/pxeboot/vmlinuz root=live:CDLABEL=X quiet\n}\n",
  );
  await execa('mksquashfs', [root, join(medium, 'LiveOS/squashfs.img'), '-all-root', '-quiet', '-no-progress']);
  const iso = join(directory.path, 'live.iso');
  await execa('xorriso', ['-as', 'mkisofs', '-quiet', '-R', '-V', 'X', '-o', iso, medium]);
  return iso;
}

test('what is on a live medium is listed in place', async () => {
  const contents = await readContents(await makeIso());
  expect(contents).toMatchObject({
    services: ['multi-user.target: sshd.service'],
    kernels: ['6.12.8'],
    bootArguments: ['root=live:CDLABEL=X', 'quiet'],
  });
  expect(contents.files.get('/etc/with blank')).toEqual({
    mode: '-rw-r--r--',
    owner: '0/0',
    size: 1,
    target: undefined,
  });
});

test('a medium whose root is cut off is reported, not half listed', async () => {
  const iso = await makeIso();
  await using file = await open(iso);
  const root = await findIsoFile(file, 'LiveOS/squashfs.img');
  await truncate(iso, (root?.sector ?? 0) * SECTOR_BYTES + 128);
  await expect(readContents(iso)).rejects.toMatchObject({ code: 'ROOT_UNREADABLE' });
});

test('a file that is not a live ISO is reported', async () => {
  await expect(readContents(import.meta.filename)).rejects.toMatchObject({ code: 'ROOT_UNREADABLE' });
});
