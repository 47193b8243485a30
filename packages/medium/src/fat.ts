import { readBytes } from './iso9660.ts';
import type { ByteSource } from './iso9660.ts';

/** A directory's entry, and what marks one (Microsoft's FAT specification, 6). */
const ENTRY_BYTES = 32;
const [DELETED, LAST] = [0xe5, 0];
const DIRECTORY = 0x10;
const LONG_NAME = 0x0f;
/** Directories of an EFI system partition are small; more is damage. */
const MAX_CLUSTERS = 64;

interface Volume {
  start: number;
  bits: 12 | 16 | 32;
  clusterBytes: number;
  fatAt: number;
  dataAt: number;
  /** Of FAT12 and FAT16, whose root directory is in no cluster. */
  root: { at: number; bytes: number } | undefined;
  rootCluster: number;
}

/** Whether a FAT file system that begins at `start` has a file, by its path in capital letters: `EFI/BOOT/BOOTX64.EFI`. */
export async function fatHasFile(source: ByteSource, start: number, path: string): Promise<boolean> {
  const volume = parseVolume(await readBytes(source, start, 512), start);
  if (!volume) return false;
  const { root } = volume;
  let directory = root ? await readBytes(source, root.at, root.bytes) : await chain(source, volume, volume.rootCluster);
  const names = path.split('/');
  for (const [index, name] of names.entries()) {
    const found = entryOf(directory, name);
    const last = index === names.length - 1;
    if (!found || found.directory === last) return false;
    if (last) return true;
    directory = await chain(source, volume, found.cluster);
  }
  return false;
}

/** The BIOS parameter block (3.1), and which kind of FAT its number of clusters makes it (3.5). */
function parseVolume(block: Buffer, start: number): Volume | undefined {
  const [sectorBytes, sectors] = [block.readUInt16LE(11), block.readUInt8(13)];
  if (block[510] !== 0x55 || block[511] !== 0xaa || !isPower(sectorBytes) || !isPower(sectors)) return undefined;
  if (sectorBytes < 512 || sectorBytes > 4096) return undefined;
  const [reserved, fats, rootEntries] = [block.readUInt16LE(14), block.readUInt8(16), block.readUInt16LE(17)];
  const total = block.readUInt16LE(19) || block.readUInt32LE(32);
  const fatSectors = block.readUInt16LE(22) || block.readUInt32LE(36);
  const rootSectors = Math.ceil((rootEntries * ENTRY_BYTES) / sectorBytes);
  const dataSector = reserved + fats * fatSectors + rootSectors;
  const clusters = Math.floor((total - dataSector) / sectors);
  if (reserved === 0 || fats === 0 || fatSectors === 0 || clusters <= 0) return undefined;
  const rootAt = start + (reserved + fats * fatSectors) * sectorBytes;
  return {
    start,
    bits: clusters < 4085 ? 12 : clusters < 65_525 ? 16 : 32,
    clusterBytes: sectorBytes * sectors,
    fatAt: start + reserved * sectorBytes,
    dataAt: start + dataSector * sectorBytes,
    root: rootEntries > 0 ? { at: rootAt, bytes: rootEntries * ENTRY_BYTES } : undefined,
    rootCluster: block.readUInt32LE(44),
  };
}

const isPower = (value: number): boolean => value > 0 && (value & (value - 1)) === 0;

/** The bytes of a file or directory that begins in a cluster. */
async function chain(source: ByteSource, volume: Volume, first: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  const end = { 12: 0xff8, 16: 0xfff8, 32: 0xffffff8 }[volume.bits];
  for (let cluster = first; cluster >= 2 && cluster < end && parts.length < MAX_CLUSTERS;) {
    parts.push(await readBytes(source, volume.dataAt + (cluster - 2) * volume.clusterBytes, volume.clusterBytes));
    cluster = await next(source, volume, cluster);
  }
  return Buffer.concat(parts);
}

async function next(source: ByteSource, { bits, fatAt }: Volume, cluster: number): Promise<number> {
  const at = fatAt + Math.floor((cluster * bits) / 8);
  const value = (await readBytes(source, at, 4)).readUInt32LE();
  if (bits === 32) return value & 0xfffffff;
  return bits === 16 ? value & 0xffff : (value >> (cluster % 2 === 0 ? 0 : 4)) & 0xfff;
}

function entryOf(directory: Buffer, name: string): { cluster: number; directory: boolean } | undefined {
  const [base = '', extension = ''] = name.split('.');
  const short = base.padEnd(8) + extension.padEnd(3);
  for (let at = 0; at + ENTRY_BYTES <= directory.length && directory[at] !== LAST; at += ENTRY_BYTES) {
    const entry = directory.subarray(at, at + ENTRY_BYTES);
    const attributes = entry.readUInt8(11);
    if (entry[0] === DELETED || attributes === LONG_NAME || entry.toString('latin1', 0, 11) !== short) continue;
    const cluster = entry.readUInt16LE(20) * 0x1_00_00 + entry.readUInt16LE(26);
    return { cluster, directory: (attributes & DIRECTORY) !== 0 };
  }
  return undefined;
}
