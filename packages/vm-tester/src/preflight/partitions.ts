import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { readBytes } from './iso9660.ts';
import type { Report } from './preflight.ts';

const BLOCK_BYTES = 512;
const MIN_HEADER_BYTES = 92;
const MAX_ENTRY_ARRAY_BYTES = 1 << 20;
/** The MBR's code ends where its disk signature and partition entries begin. */
const MBR_CODE_BYTES = 440;
const MBR_ENTRIES = [446, 462, 478, 494];
const MBR_ESP = 0xef;
/** C12A7328-F81F-11D2-BA4B-00A0C93EC93B as it lies on disk: an EFI system partition. */
const GPT_ESP = Buffer.from('28732ac11ff8d211ba4b00a0c93ec93b', 'hex');

interface Reports {
  problem: Report;
  warning: Report;
}

/**
 * What makes an ISO a stick's or a disk's image too: code in the master boot record, and an EFI system partition in
 * its table or in the GPT (UEFI specification 5.3).
 * @returns the firmware that finds something to boot there
 */
export async function inspectPartitions(
  file: FileHandle,
  sizeBytes: number,
  reports: Reports,
): Promise<('bios' | 'uefi')[]> {
  const mbr = await readBytes(file, 0, BLOCK_BYTES);
  const types = MBR_ENTRIES.map((offset) => mbr[offset + 4]);
  const gpt = await inspectGpt(file, sizeBytes, reports);
  const signed = mbr[510] === 0x55 && mbr[511] === 0xaa;
  const code = mbr.subarray(0, MBR_CODE_BYTES).some((byte) => byte !== 0);
  return [
    ...(signed && code ? (['bios'] as const) : []),
    ...((signed && types.includes(MBR_ESP)) || gpt === 'esp' ? (['uefi'] as const) : []),
  ];
}

/** The header names the last block of the disk, where its copy lies; header and entries have checksums. */
async function inspectGpt(
  file: FileHandle,
  sizeBytes: number,
  { problem, warning }: Reports,
): Promise<'esp' | undefined> {
  const header = await readBytes(file, BLOCK_BYTES, BLOCK_BYTES);
  if (header.toString('latin1', 0, 8) !== 'EFI PART') return undefined; // a plain CD image has none
  if (headerChecksum(header) !== header.readUInt32LE(16))
    warning('gpt', 'the checksum of the GPT header is wrong: firmware ignores it');
  const endBytes = (Number(header.readBigUInt64LE(32)) + 1) * BLOCK_BYTES;
  if (sizeBytes < endBytes) problem('truncated', `the file has ${sizeBytes} bytes, its partition table ${endBytes}`);
  else {
    const copy = await readBytes(file, endBytes - BLOCK_BYTES, 8);
    if (copy.toString('latin1') !== 'EFI PART') warning('gpt', 'the copy of the GPT at the end is missing');
  }

  const entryBytes = header.readUInt32LE(84);
  const arrayBytes = header.readUInt32LE(80) * entryBytes;
  const position = Number(header.readBigUInt64LE(72)) * BLOCK_BYTES;
  if (entryBytes < 128 || arrayBytes > MAX_ENTRY_ARRAY_BYTES || position > sizeBytes) return undefined;
  const entries = await readBytes(file, position, arrayBytes);
  if (crc32(entries) !== header.readUInt32LE(88)) warning('gpt', 'the checksum of the GPT entries is wrong');
  for (let at = 0; at < entries.length; at += entryBytes) {
    if (entries.subarray(at, at + GPT_ESP.length).equals(GPT_ESP)) return 'esp';
  }
  return undefined;
}

/** Over as many bytes as the header says it has, with the field for the checksum itself as zero. */
function headerChecksum(block: Buffer): number {
  const header = Buffer.from(block.subarray(0, Math.max(block.readUInt32LE(12), MIN_HEADER_BYTES)));
  header.writeUInt32LE(0, 16);
  return crc32(header);
}
