import { appendFile, copyFile, rename, rm, stat } from 'node:fs/promises';
import { constants } from 'node:fs';
import { type InitrdFile, newc, paddingAfter } from './newc.ts';

/**
 * Writes to `to` the initramfs at `from` with more files in it: an archive of them is put behind those that are there,
 * and the kernel unpacks one after the other. How the earlier ones are compressed does not matter, and of files with the
 * same path the last wins. This is what virt-install's `--initrd-inject` does. `to` appears whole or not at all.
 *
 * @throws {DeployError} NAME_INVALID
 */
export async function injectFiles(from: string, to: string, files: readonly InitrdFile[]): Promise<void> {
  const archive = newc(files);
  const partial = `${to}.partial`;
  try {
    await copyFile(from, partial, constants.COPYFILE_FICLONE);
    const { size } = await stat(partial);
    await appendFile(partial, Buffer.concat([paddingAfter(size), archive]));
    await rename(partial, to);
  } finally {
    await rm(partial, { force: true });
  }
}
