import type { FileHandle } from 'node:fs/promises';
import { PRIMARY_VOLUME_DESCRIPTOR, readSector, SECTOR_BYTES } from './iso9660.ts';
import type { Report } from './preflight.ts';

const MAX_DESCRIPTORS = 64;
const EL_TORITO_ID = 'EL TORITO SPECIFICATION';
const PLATFORM = { bios: 0x00, uefi: 0xef } as const;
const SECTION_HEADERS = [0x90, 0x91];
const BOOTABLE = 0x88;

/**
 * El Torito 1.0: a boot record names the catalog; the catalog names an image per platform.
 * @returns the firmware it has an image for
 */
export async function inspectBootCatalog(
  file: FileHandle,
  sizeBytes: number,
  problem: Report,
): Promise<('bios' | 'uefi')[]> {
  const boots = new Set<'bios' | 'uefi'>();
  const catalogSector = await findCatalog(file);
  if (catalogSector === undefined) {
    problem('el-torito', 'no El Torito boot record: nothing boots from it');
    return [];
  }
  const catalog = await readSector(file, catalogSector);
  if (catalog[0] !== 1 || catalog[30] !== 0x55 || catalog[31] !== 0xaa || checksum(catalog.subarray(0, 32)) !== 0) {
    problem('el-torito', `the boot catalog at sector ${catalogSector} is damaged`);
    return [];
  }
  let platform = catalog[1];
  let entries = 0;
  for (let offset = 32; offset + 32 <= catalog.length; offset += 32) {
    const entry = catalog.subarray(offset, offset + 32);
    const type = entry[0] ?? 0;
    if (SECTION_HEADERS.includes(type)) platform = entry[1];
    const firmware = platform === PLATFORM.bios ? 'bios' : platform === PLATFORM.uefi ? 'uefi' : undefined;
    if (type !== BOOTABLE || !firmware) continue;
    entries++;
    const start = entry.readUInt32LE(8);
    const wrong = await inspectBootImage(file, start, sizeBytes, firmware);
    if (wrong) problem('boot-image', `the ${firmware.toUpperCase()} boot image at sector ${start} ${wrong}`);
    else boots.add(firmware);
  }
  if (entries === 0) problem('el-torito', 'the boot catalog has no bootable image');
  return [...boots];
}

async function findCatalog(file: FileHandle): Promise<number | undefined> {
  let found: number | undefined;
  for (let index = PRIMARY_VOLUME_DESCRIPTOR; index < PRIMARY_VOLUME_DESCRIPTOR + MAX_DESCRIPTORS; index++) {
    const descriptor = await readSector(file, index);
    if (descriptor.toString('latin1', 1, 6) !== 'CD001' || descriptor[0] === 255) break;
    if (descriptor[0] === 0 && descriptor.toString('latin1', 7, 7 + EL_TORITO_ID.length) === EL_TORITO_ID) {
      found = descriptor.readUInt32LE(71);
    }
  }
  return found;
}

/** What is wrong with the image, if anything is. */
async function inspectBootImage(
  file: FileHandle,
  start: number,
  sizeBytes: number,
  firmware: 'bios' | 'uefi',
): Promise<string | undefined> {
  if (start * SECTOR_BYTES >= sizeBytes) return 'lies beyond the end of the file';
  const head = await readSector(file, start);
  if (start === 0 || head.every((byte) => byte === 0)) return 'is empty';
  // What UEFI boots from is a FAT file system (UEFI specification 13.3.2): it ends its first sector so.
  if (firmware === 'uefi' && (head[510] !== 0x55 || head[511] !== 0xaa)) return 'is no FAT file system';
  return undefined;
}

/** The validation entry's 16-bit words add up to zero. */
function checksum(entry: Buffer): number {
  let sum = 0;
  for (let offset = 0; offset < entry.length; offset += 2) sum += entry.readUInt16LE(offset);
  return sum & 0xffff;
}
