import type { FileHandle } from 'node:fs/promises';
import { PRIMARY_VOLUME_DESCRIPTOR, isDescriptor, readSector } from './iso9660.ts';

const MAX_DESCRIPTORS = 64;
const EL_TORITO_ID = 'EL TORITO SPECIFICATION';
const PLATFORM_BIOS = 0x00;
const PLATFORM_UEFI = 0xef;
const SECTION_HEADERS = [0x90, 0x91];
const BOOTABLE = 0x88;
const ENTRY_BYTES = 32;

/** A bootable image of the catalog, for a firmware that we know. */
export interface BootEntry {
  firmware: 'bios' | 'uefi';
  /** Where the image begins. */
  sector: number;
}

export interface BootCatalog {
  sector: number;
  /** Its validation entry is wrong: firmware boots nothing of it. `entries` is empty then. */
  damaged: boolean;
  entries: BootEntry[];
}

/**
 * The boot catalog of a medium (El Torito 1.0): a boot record among the volume descriptors names it; it begins with a
 * validation entry and the default entry, and sections of other platforms follow.
 *
 * @returns undefined when there is no boot record
 */
export async function readBootCatalog(file: FileHandle): Promise<BootCatalog | undefined> {
  const sector = await findCatalog(file);
  if (sector === undefined) return undefined;
  const catalog = await readSector(file, sector);
  if (catalog[0] !== 1 || catalog.readUInt16LE(30) !== 0xaa55 || checksum(catalog.subarray(0, ENTRY_BYTES)) !== 0) {
    return { sector, damaged: true, entries: [] };
  }
  const entries: BootEntry[] = [];
  let platform = catalog[1];
  for (let offset = ENTRY_BYTES; offset + ENTRY_BYTES <= catalog.length; offset += ENTRY_BYTES) {
    const entry = catalog.subarray(offset, offset + ENTRY_BYTES);
    const type = entry[0] ?? 0;
    if (SECTION_HEADERS.includes(type)) platform = entry[1];
    const firmware = platform === PLATFORM_BIOS ? 'bios' : platform === PLATFORM_UEFI ? 'uefi' : undefined;
    if (type === BOOTABLE && firmware) entries.push({ firmware, sector: entry.readUInt32LE(8) });
  }
  return { sector, damaged: false, entries };
}

async function findCatalog(file: FileHandle): Promise<number | undefined> {
  let found: number | undefined;
  for (let index = PRIMARY_VOLUME_DESCRIPTOR; index < PRIMARY_VOLUME_DESCRIPTOR + MAX_DESCRIPTORS; index++) {
    const descriptor = await readSector(file, index);
    if (!isDescriptor(descriptor) || descriptor[0] === 255) break;
    if (descriptor[0] === 0 && descriptor.toString('latin1', 7, 7 + EL_TORITO_ID.length) === EL_TORITO_ID) {
      found = descriptor.readUInt32LE(71);
    }
  }
  return found;
}

/** The validation entry's 16-bit words add up to zero. */
function checksum(entry: Buffer): number {
  let sum = 0;
  for (let offset = 0; offset < entry.length; offset += 2) sum += entry.readUInt16LE(offset);
  return sum & 0xffff;
}
