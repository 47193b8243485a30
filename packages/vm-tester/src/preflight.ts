import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { menuLabels } from './boot-menu.ts';
import { VmTesterError } from './errors.ts';
import { PRIMARY_VOLUME_DESCRIPTOR, readBytes, readSector, SECTOR_BYTES } from './iso9660.ts';

export interface PreflightProblem {
  check: 'iso9660' | 'truncated' | 'el-torito' | 'boot-image' | 'boot-menu';
  message: string;
}

export interface Preflight {
  sizeBytes: number;
  volumeId: string;
  /** Firmware the boot catalog has an image for. */
  boots: ('bios' | 'uefi')[];
  problems: PreflightProblem[];
}

const MAX_DESCRIPTORS = 64;
const EL_TORITO_ID = 'EL TORITO SPECIFICATION';
const PLATFORM = { bios: 0x00, uefi: 0xef } as const;
const GPT_SECTOR = 512;

/**
 * Looks at an ISO without booting it: is it whole, and does its boot catalog lead to something? What it finds
 * are reasons to reject the image; finding none is no acceptance.
 * @throws {VmTesterError} IMAGE_UNREADABLE when the file cannot be read
 */
export async function preflightIso(path: string): Promise<Preflight> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    throw new VmTesterError('IMAGE_UNREADABLE', `cannot read ${path}`, {
      hint: 'check the path; an ISO is made by: pnpm nx build iso-<edition>',
      cause,
    });
  }
  try {
    return await inspect(file);
  } finally {
    await file.close();
  }
}

async function inspect(file: FileHandle): Promise<Preflight> {
  const { size: sizeBytes } = await file.stat();
  const result: Preflight = { sizeBytes, volumeId: '', boots: [], problems: [] };
  const problem = (check: PreflightProblem['check'], message: string) => result.problems.push({ check, message });

  const primary = await readSector(file, PRIMARY_VOLUME_DESCRIPTOR);
  if (primary.toString('latin1', 1, 6) !== 'CD001' || primary[0] !== 1) {
    problem('iso9660', 'no ISO 9660 primary volume descriptor: this is no ISO image');
    return result;
  }
  result.volumeId = primary.toString('latin1', 40, 72).trimEnd();
  const volumeBytes = primary.readUInt32LE(80) * SECTOR_BYTES;
  if (sizeBytes < volumeBytes) {
    problem('truncated', `the file has ${sizeBytes} bytes, its volume ${volumeBytes}: it is cut short`);
  }
  await inspectGpt(file, sizeBytes, problem);
  await inspectBootCatalog(file, result, problem);
  for (const { menu, label } of await menuLabels(file)) {
    if (label === result.volumeId) continue;
    problem('boot-menu', `${menu} looks for its root on a volume "${label}", but this one is "${result.volumeId}"`);
  }
  return result;
}

type Report = (check: PreflightProblem['check'], message: string) => void;

/** UEFI specification 5.3.2: the header names the last block of the disk, where its copy lies. */
async function inspectGpt(file: FileHandle, sizeBytes: number, problem: Report): Promise<void> {
  const header = await readBytes(file, GPT_SECTOR, GPT_SECTOR);
  if (header.toString('latin1', 0, 8) !== 'EFI PART') return; // a plain CD image has none
  const endBytes = (Number(header.readBigUInt64LE(32)) + 1) * GPT_SECTOR;
  if (sizeBytes < endBytes) problem('truncated', `the file has ${sizeBytes} bytes, its partition table ${endBytes}`);
}

/** El Torito 1.0: a boot record names the catalog; the catalog names an image per platform. */
async function inspectBootCatalog(file: FileHandle, result: Preflight, problem: Report): Promise<void> {
  let catalogSector: number | undefined;
  for (let index = PRIMARY_VOLUME_DESCRIPTOR; index < PRIMARY_VOLUME_DESCRIPTOR + MAX_DESCRIPTORS; index++) {
    const descriptor = await readSector(file, index);
    if (descriptor.toString('latin1', 1, 6) !== 'CD001' || descriptor[0] === 255) break;
    if (descriptor[0] === 0 && descriptor.toString('latin1', 7, 7 + EL_TORITO_ID.length) === EL_TORITO_ID) {
      catalogSector = descriptor.readUInt32LE(71);
    }
  }
  if (catalogSector === undefined) return problem('el-torito', 'no El Torito boot record: nothing boots from it');
  const catalog = await readSector(file, catalogSector);
  if (catalog[0] !== 1 || catalog[30] !== 0x55 || catalog[31] !== 0xaa || checksum(catalog.subarray(0, 32)) !== 0) {
    return problem('el-torito', `the boot catalog at sector ${catalogSector} is damaged`);
  }
  let platform = catalog[1];
  for (let offset = 32; offset + 32 <= catalog.length; offset += 32) {
    const entry = catalog.subarray(offset, offset + 32);
    if (entry[0] === 0x90 || entry[0] === 0x91) platform = entry[1]; // a section header
    else if (entry[0] === 0x88) await inspectBootImage(file, platform, entry, result, problem);
    else if (entry[0] === 0) break;
  }
  if (result.boots.length === 0) problem('el-torito', 'the boot catalog has no bootable image');
}

async function inspectBootImage(
  file: FileHandle,
  platform: number | undefined,
  entry: Buffer,
  result: Preflight,
  problem: Report,
): Promise<void> {
  const firmware = platform === PLATFORM.bios ? 'bios' : platform === PLATFORM.uefi ? 'uefi' : undefined;
  if (!firmware) return;
  const start = entry.readUInt32LE(8);
  const head = await readSector(file, start);
  if (start === 0 || head.every((byte) => byte === 0)) {
    return problem('boot-image', `the ${firmware.toUpperCase()} boot image at sector ${start} is empty`);
  }
  if (!result.boots.includes(firmware)) result.boots.push(firmware);
}

/** The validation entry's 16-bit words add up to zero. */
function checksum(entry: Buffer): number {
  let sum = 0;
  for (let offset = 0; offset < entry.length; offset += 2) sum += entry.readUInt16LE(offset);
  return sum & 0xffff;
}
