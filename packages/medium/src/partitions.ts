import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { readBytes } from './iso9660.ts';

const BLOCK_BYTES = 512;
const MIN_HEADER_BYTES = 92;
const MAX_ENTRY_ARRAY_BYTES = 1 << 20;
/** The MBR's code ends where its disk signature and partition entries begin. */
const MBR_CODE_BYTES = 440;
const MBR_ENTRIES = [446, 462, 478, 494];
const MBR_ESP = 0xef;
/** C12A7328-F81F-11D2-BA4B-00A0C93EC93B as it is on disk: an EFI system partition. */
const GPT_ESP = Buffer.from('28732ac11ff8d211ba4b00a0c93ec93b', 'hex');

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
  const entryBytes = header.readUInt32LE(84);
  const arrayBytes = header.readUInt32LE(80) * entryBytes;
  const position = Number(header.readBigUInt64LE(72)) * BLOCK_BYTES;
  if (entryBytes < 128 || arrayBytes > MAX_ENTRY_ARRAY_BYTES || position > sizeBytes) return gpt;
  const entries = await readBytes(file, position, arrayBytes);
  gpt.entriesIntact = crc32(entries) === header.readUInt32LE(88);
  for (let at = 0; at < entries.length && !gpt.esp; at += entryBytes) {
    gpt.esp = entries.subarray(at, at + GPT_ESP.length).equals(GPT_ESP);
  }
  return gpt;
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
