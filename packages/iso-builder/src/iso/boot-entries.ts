import type { FileHandle } from 'node:fs/promises';
import { primaryDescriptorSector, readAt, sectorBytes } from './layout.ts';

/** Ways in which firmware can start the medium. */
export interface BootEntries {
  /** El Torito entry for BIOS (platform 0x00). */
  bios: boolean;
  /** El Torito entry for UEFI (platform 0xEF). */
  uefi: boolean;
  /** A GUID partition table, for media written to a USB stick. */
  gpt: boolean;
}

const platformUefi = 0xef;
const bootable = 0x88;
const headers = new Set([0x90, 0x91]);
const lastHeader = 0x91;
const entryBytes = 32;

export const readBootEntries = async (file: FileHandle): Promise<BootEntries> => ({
  ...(await readElTorito(file)),
  gpt: (await readAt(file, 512, 8)).toString('latin1') === 'EFI PART',
});

/**
 * The boot record (El Torito §2.0) points at the catalog; that starts with a validation entry and the default entry,
 * sections of other platforms follow (§2.1 to §2.4).
 */
const readElTorito = async (file: FileHandle): Promise<{ bios: boolean; uefi: boolean }> => {
  const platforms = { bios: false, uefi: false };
  const record = await readAt(file, (primaryDescriptorSector + 1) * sectorBytes, sectorBytes);
  if (record.length < sectorBytes || record.toString('latin1', 1, 30) !== 'CD001\x01EL TORITO SPECIFICATION')
    return platforms;
  const catalog = await readAt(file, record.readUInt32LE(0x47) * sectorBytes, sectorBytes);
  if (catalog.length < 2 * entryBytes || catalog[0] !== 1 || catalog.readUInt16LE(30) !== 0xaa55) return platforms;
  const note = (platform: number | undefined, indicator: number | undefined): void => {
    if (indicator !== bootable) return;
    if (platform === 0) platforms.bios = true;
    if (platform === platformUefi) platforms.uefi = true;
  };
  note(catalog[1], catalog[entryBytes]);
  let offset = 2 * entryBytes;
  while (offset + entryBytes <= catalog.length && headers.has(catalog[offset] ?? 0)) {
    const header = offset;
    const count = catalog.readUInt16LE(header + 2);
    for (let entry = 1; entry <= count; entry += 1) note(catalog[header + 1], catalog[header + entry * entryBytes]);
    if (catalog[header] === lastHeader) break;
    offset += (count + 1) * entryBytes;
  }
  return platforms;
};
