import type { FileHandle } from 'node:fs/promises';
import { type BootEntry, SECTOR_BYTES, readBootCatalog, readSector } from '@phyllome/medium';
import type { Report } from './report.ts';

/**
 * Does the boot catalog lead to something? A firmware takes the first of its entries that it can boot: one beside that,
 * as a boot image in HFS+ for Macs, is worth a warning. What is wrong with a firmware's entries says nothing of the other.
 * @returns the firmware it has an image for
 */
export async function inspectBootCatalog(
  file: FileHandle,
  sizeBytes: number,
  { problem, warning }: { problem: Report; warning: Report },
): Promise<('bios' | 'uefi')[]> {
  const boots = new Set<'bios' | 'uefi'>();
  const catalog = await readBootCatalog(file);
  if (catalog === undefined) problem('el-torito', 'no El Torito boot record: nothing boots from it');
  else if (catalog.damaged) problem('el-torito', `the boot catalog at sector ${catalog.sector} is damaged`);
  else if (catalog.entries.length === 0) problem('el-torito', 'the boot catalog has no bootable image');
  const wrong: [BootEntry['firmware'], string][] = [];
  for (const entry of catalog?.entries ?? []) {
    const why = await imageProblem(file, entry, sizeBytes);
    if (why === undefined) boots.add(entry.firmware);
    else
      wrong.push([entry.firmware, `the ${entry.firmware.toUpperCase()} boot image at sector ${entry.sector} ${why}`]);
  }
  for (const [firmware, message] of wrong) {
    if (boots.has(firmware)) warning('boot-image', message, firmware);
    else problem('boot-image', message, firmware);
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
