import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { readBytes } from './iso9660.ts';
import type { ByteSource } from './iso9660.ts';

const BLOCK_BYTES = 512;
const MIN_HEADER_BYTES = 92;
const MAX_ENTRY_ARRAY_BYTES = 1 << 20;
/** The MBR's code ends where its disk signature and partition entries begin. */
const MBR_CODE_BYTES = 440;
const MBR_ENTRIES = [446, 462, 478, 494];
const MBR_ESP = 0xef;
/** An EFI system partition's type. */
const GPT_ESP = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b';
const GUID_BYTES = 16;

/** A GUID partition table (UEFI specification 5.3); firmware ignores one whose checksums are wrong. */
export interface Gpt {
  /** The header has the checksum that it carries. */
  headerIntact: boolean;
  /** The entries do; undefined: they are not where the header says, or are too many to be true. */
  entriesIntact: boolean | undefined;
  /** Where the disk that it describes ends. */
  endBytes: number;
  /** Its copy is in the last block of that disk; undefined: the file ends before it. */
  copied: boolean | undefined;
  /** It has an EFI system partition. */
  esp: boolean;
}

/** A partition of a disk. */
export interface Partition {
  startBytes: number;
  /** Of a GPT's entry, in small letters. */
  type: string;
  /** It is an EFI system partition. */
  esp: boolean;
}

/** What makes an ISO a stick's or a disk's image, too. */
export interface Partitions {
  /** Firmware that finds something to boot there. */
  boots: ('bios' | 'uefi')[];
  /** undefined: there is none, as on a plain CD. */
  gpt: Gpt | undefined;
}

/** Code in the master boot record is for BIOS, an EFI system partition in its table or in the GPT for UEFI. */
export async function readPartitions(file: FileHandle, sizeBytes: number): Promise<Partitions> {
  const mbr = await readBytes(file, 0, BLOCK_BYTES);
  const types = MBR_ENTRIES.map((offset) => mbr[offset + 4]);
  const gpt = await readGpt(file, sizeBytes);
  const signed = mbr[510] === 0x55 && mbr[511] === 0xaa;
  const code = mbr.subarray(0, MBR_CODE_BYTES).some((byte) => byte !== 0);
  const boots: Partitions['boots'] = [];
  if (signed && code) boots.push('bios');
  if ((signed && types.includes(MBR_ESP)) || gpt?.esp) boots.push('uefi');
  return { boots, gpt };
}

/** The header names the last block of the disk, where its copy is; header and entries have checksums. */
async function readGpt(file: FileHandle, sizeBytes: number): Promise<Gpt | undefined> {
  const header = await readBytes(file, BLOCK_BYTES, BLOCK_BYTES);
  if (!isGpt(header)) return undefined;
  const endBytes = (Number(header.readBigUInt64LE(32)) + 1) * BLOCK_BYTES;
  const gpt: Gpt = {
    headerIntact: headerChecksum(header) === header.readUInt32LE(16),
    entriesIntact: undefined,
    endBytes,
    copied: sizeBytes < endBytes ? undefined : isGpt(await readBytes(file, endBytes - BLOCK_BYTES, BLOCK_BYTES)),
    esp: false,
  };
  const array = entryArray(header);
  if (array === undefined || array.position > sizeBytes) return gpt;
  const entries = await readBytes(file, array.position, array.bytes);
  gpt.entriesIntact = crc32(entries) === header.readUInt32LE(88);
  gpt.esp = parseEntries(entries, array.entryBytes).some(({ esp }) => esp);
  return gpt;
}

/** The partitions of a disk: those of its GPT, or of its master boot record where it has none. */
export async function readPartitionEntries(disk: ByteSource): Promise<Partition[]> {
  const [mbr, header] = [await readBytes(disk, 0, BLOCK_BYTES), await readBytes(disk, BLOCK_BYTES, BLOCK_BYTES)];
  if (isGpt(header)) {
    const array = entryArray(header);
    if (array === undefined || !Number.isSafeInteger(array.position)) return [];
    return parseEntries(await readBytes(disk, array.position, array.bytes), array.entryBytes);
  }
  if (mbr[510] !== 0x55 || mbr[511] !== 0xaa) return [];
  return MBR_ENTRIES.filter((offset) => mbr[offset + 4] !== 0).map((offset) => ({
    startBytes: mbr.readUInt32LE(offset + 8) * BLOCK_BYTES,
    type: '',
    esp: mbr[offset + 4] === MBR_ESP,
  }));
}

/** Where a GPT's header says that its entries are; undefined: they are too small or too many to be true. */
function entryArray(header: Buffer): { position: number; bytes: number; entryBytes: number } | undefined {
  const entryBytes = header.readUInt32LE(84);
  const bytes = header.readUInt32LE(80) * entryBytes;
  if (entryBytes < 128 || bytes > MAX_ENTRY_ARRAY_BYTES) return undefined;
  return { position: Number(header.readBigUInt64LE(72)) * BLOCK_BYTES, bytes, entryBytes };
}

function parseEntries(entries: Buffer, entryBytes: number): Partition[] {
  const found: Partition[] = [];
  for (let at = 0; at + entryBytes <= entries.length; at += entryBytes) {
    const type = guid(entries.subarray(at, at + GUID_BYTES));
    if (/^[0-]+$/u.test(type)) continue;
    const startBytes = Number(entries.readBigUInt64LE(at + 32)) * BLOCK_BYTES;
    found.push({ startBytes, type, esp: type === GPT_ESP });
  }
  return found;
}

/** As it is written: its first three parts are little-endian on disk (UEFI, appendix A). */
function guid(bytes: Buffer): string {
  const part = (from: number, to: number) => bytes.subarray(from, to);
  const little = (from: number, to: number) => Buffer.from(part(from, to).toReversed()).toString('hex');
  return [little(0, 4), little(4, 6), little(6, 8), part(8, 10).toString('hex'), part(10, 16).toString('hex')].join(
    '-',
  );
}

function isGpt(block: Buffer): boolean {
  return block.toString('latin1', 0, 8) === 'EFI PART';
}

/** Over as many bytes as the header says it has, with the field for the checksum itself as zero. */
function headerChecksum(block: Buffer): number {
  const header = Buffer.from(block.subarray(0, Math.max(block.readUInt32LE(12), MIN_HEADER_BYTES)));
  header.writeUInt32LE(0, 16);
  return crc32(header);
}
