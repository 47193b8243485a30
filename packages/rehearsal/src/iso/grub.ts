import { editionArchitecture, grubPlatform, removableLoader } from '@phyllome/host/architecture';
import { copyFile, mkdir, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Programs } from '../program.ts';
import { sourceDateEpoch } from '../source-date-epoch.ts';
import { earlyCfg } from './menu.ts';

/** What GRUB needs to find the medium, show the menu and start Linux. */
const modules = [
  'all_video',
  'boot',
  'configfile',
  'echo',
  'fat',
  'gfxterm',
  'halt',
  'iso9660',
  'linux',
  'ls',
  'minicmd',
  'normal',
  'part_gpt',
  'part_msdos',
  'reboot',
  'search',
  'search_label',
  'serial',
  'terminal',
  'test',
];

/** Paths on the medium, as on one of lorax. */
export const biosImage = 'images/eltorito.img';
export const efiImage = 'images/efiboot.img';

/** Serial number of the FAT file system: fixed, so that the image is the same each time. */
const fatSerial = '50484c4d';
const mebibyte = 1024 * 1024;

/**
 * Writes the boot loaders of both firmwares and their menu into the medium's tree.
 *
 * @param menu GRUB's configuration
 */
export async function makeGrub(tree: string, volid: string, menu: string, programs: Programs): Promise<void> {
  const folders = ['boot/grub2', 'EFI/BOOT', 'images'];
  for (const folder of folders) await mkdir(join(tree, folder), { recursive: true });
  const early = join(tree, '..', 'early.cfg');
  await writeFile(early, earlyCfg(volid));
  await writeFile(join(tree, 'boot/grub2/grub.cfg'), menu);
  await writeFile(join(tree, 'EFI/BOOT/grub.cfg'), menu);

  const image = (format: string, output: string, more: readonly string[]): Promise<unknown> =>
    programs.run(['grub-mkimage', '-O', format, '-p', '/boot/grub2', '-c', early, '-o', output, ...modules, ...more]);
  await image('i386-pc-eltorito', join(tree, biosImage), ['biosdisk']);
  const efi = removableLoader(editionArchitecture);
  const loader = join(tree, 'EFI/BOOT', efi);
  await image(grubPlatform(editionArchitecture), loader, []);

  // The firmware reads the EFI boot loader from a FAT file system of its own: room for the file and FAT's tables.
  const fat = join(tree, efiImage);
  const epoch = sourceDateEpoch();
  if (epoch !== undefined) await utimes(loader, epoch, epoch); // mtools keeps it, and has its own clock otherwise.
  await writeFile(fat, '');
  await truncate(fat, Math.ceil((await stat(loader)).size / mebibyte + 1) * mebibyte);
  await programs.run(['mformat', '-i', fat, '-N', fatSerial, '::']);
  await programs.run(['mmd', '-i', fat, '::/EFI', '::/EFI/BOOT']);
  await programs.run(['mcopy', '-m', '-i', fat, loader, `::/EFI/BOOT/${efi}`]);
}

/** Kernel and initramfs, where the menu expects them. */
export async function copyKernel(tree: string, kernel: string, initramfs: string): Promise<void> {
  const folder = join(tree, 'images/pxeboot');
  await mkdir(folder, { recursive: true });
  await copyFile(kernel, join(folder, 'vmlinuz'));
  await copyFile(initramfs, join(folder, 'initrd.img'));
}
