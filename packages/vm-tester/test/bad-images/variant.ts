import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cpio } from '../../src/guest/cpio.ts';
import type { CpioEntry } from '../../src/guest/cpio.ts';
import { temporaryDirectory } from '@phyllome/host';

const INITRD = '/images/pxeboot/initrd.img';
/** dracut's own folder; usr/lib/dracut/hooks is a link to it, which a folder of ours would be in the way of. */
const HOOKS = 'var/lib/dracut/hooks';

/** What is done to a good ISO. Its volume id, boot catalog, partitions and other files stay as they are. */
export interface Change {
  /** Files that are put in place of others, by their path on the medium. */
  files?: Record<string, Buffer | string>;
  volumeId?: string;
  /** In place of the whole initramfs. */
  initrd?: Buffer;
  /** A script that dracut runs in the initramfs when the root is mounted, below $NEWROOT, and about to be entered. */
  beforeRoot?: string;
}

/**
 * Writes a variant of a live ISO by xorriso, with its MD5 implanted anew: nothing but the change tells it from the
 * good one. The root is changed through the initramfs, in the memory that is over it: that takes a second, and
 * what boots then is what would boot from a root with that change.
 */
export async function writeVariant(good: string, destination: string, change: Change): Promise<void> {
  await using directory = await temporaryDirectory('vm-variant-');
  const files = new Map(Object.entries(change.files ?? {}));
  if (change.initrd) files.set(INITRD, change.initrd);
  if (change.beforeRoot !== undefined) {
    const original = join(directory.path, 'initrd');
    await xorriso(['-osirrox', 'on', '-indev', good, '-extract', INITRD, original]);
    // Before the real one: the kernel unpacks a plain archive and then a compressed one, as it does with microcode.
    files.set(INITRD, Buffer.concat([cpio(hook(change.beforeRoot)), await readFile(original)]));
  }
  const maps: string[] = [];
  for (const [path, content] of files) {
    const source = join(directory.path, String(maps.length));
    await writeFile(source, content);
    maps.push('-map', source, path);
  }
  const copy = ['-indev', good, '-outdev', destination, '-boot_image', 'any', 'replay'];
  await xorriso([...copy, ...(change.volumeId === undefined ? [] : ['-volid', change.volumeId]), ...maps]);
  await execa('implantisomd5', ['--force', destination]);
}

/** Writes a copy with other bytes at some places, and nothing fixed after it. */
export async function writeDamaged(
  good: string,
  destination: string,
  damage: (iso: Buffer) => Buffer | void,
): Promise<void> {
  const iso = await readFile(good);
  await writeFile(destination, damage(iso) ?? iso);
}

/** As damaged, but with an MD5 that says all is well. */
export async function writeDamagedWithMd5(
  good: string,
  destination: string,
  damage: (iso: Buffer) => void,
): Promise<void> {
  await writeDamaged(good, destination, damage);
  await execa('implantisomd5', ['--force', destination]);
}

export async function copyIso(good: string, destination: string): Promise<void> {
  await cp(good, destination);
}

/** Bytes of a file on the medium, or none. */
export async function extract(iso: string, path: string): Promise<Buffer> {
  await using directory = await temporaryDirectory('vm-variant-');
  const destination = join(directory.path, 'file');
  await xorriso(['-osirrox', 'on', '-indev', iso, '-extract', path, destination]);
  return await readFile(destination);
}

/** Where a file is on the medium. */
export async function extentOf(iso: string, path: string): Promise<{ start: number; bytes: number }> {
  const { stdout } = await execa('xorriso', ['-indev', iso, '-find', path, '-exec', 'report_lba', '--']);
  const [, lba = '', , bytes = ''] = /^File data lba:\s*\d+\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)/m.exec(stdout) ?? [];
  return { start: Number(lba) * 2048, bytes: Number(bytes) };
}

function hook(script: string): CpioEntry[] {
  const folders = `${HOOKS}/pre-pivot`.split('/').map((_, index, all) => ({ path: all.slice(0, index + 1).join('/') }));
  return [...folders, { path: `${HOOKS}/pre-pivot/99-variant.sh`, content: `#!/bin/sh\n${script}\n`, mode: 0o755 }];
}

async function xorriso(args: string[]): Promise<void> {
  await execa('xorriso', ['-report_about', 'SORRY', '-overwrite', 'on', ...args]);
}
