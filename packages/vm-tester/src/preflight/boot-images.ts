import type { FileHandle } from 'node:fs/promises';
import { type BootEntry, SECTOR_BYTES, readBootCatalog, readSector } from '@phyllome/medium';
import type { Report } from './report.ts';

/**
 * Does the boot catalog lead to something?
 * @returns the firmware it has an image for
 */
export async function inspectBootCatalog(
  file: FileHandle,
  sizeBytes: number,
  problem: Report,
): Promise<('bios' | 'uefi')[]> {
  const boots = new Set<'bios' | 'uefi'>();
  const catalog = await readBootCatalog(file);
  if (catalog === undefined) problem('el-torito', 'no El Torito boot record: nothing boots from it');
  else if (catalog.damaged) problem('el-torito', `the boot catalog at sector ${catalog.sector} is damaged`);
  else if (catalog.entries.length === 0) problem('el-torito', 'the boot catalog has no bootable image');
  for (const entry of catalog?.entries ?? []) {
    const wrong = await imageProblem(file, entry, sizeBytes);
    if (wrong === undefined) boots.add(entry.firmware);
    else problem('boot-image', `the ${entry.firmware.toUpperCase()} boot image at sector ${entry.sector} ${wrong}`);
  }
  return [...boots];
}

/** What is wrong with the image, if anything is. */
async function imageProblem(
  file: FileHandle,
  { firmware, sector }: BootEntry,
  sizeBytes: number,
): Promise<string | undefined> {
  if (sector * SECTOR_BYTES >= sizeBytes) return 'is beyond the end of the file';
  const head = await readSector(file, sector);
  if (sector === 0 || head.every((byte) => byte === 0)) return 'is empty';
  // What UEFI boots from is a FAT file system (UEFI specification 13.3.2): it ends its first sector so.
  if (firmware === 'uefi' && (head[510] !== 0x55 || head[511] !== 0xaa)) return 'is not a FAT file system';
  return undefined;
}
