import type { FileHandle } from 'node:fs/promises';

/** ECMA-119: everything is in sectors of 2048 bytes; the volume descriptors begin at the 17th. */
export const SECTOR_BYTES = 2048;
export const PRIMARY_VOLUME_DESCRIPTOR = 16;

/** ECMA-119 8.4.32: the application's own part of the primary volume descriptor. */
export const APPLICATION_USE = { offset: 883, length: 512 };

/** Where the primary descriptor holds the root directory's record (8.4.18). */
const ROOT_RECORD = 156;
const MAX_DIRECTORY_BYTES = 1 << 20;
const MAX_FILE_BYTES = 1 << 20;
const FLAG_DIRECTORY = 2;
/** More records of the same file follow: one holds 4 GiB at most (9.1.6). */
const FLAG_MORE = 0x80;

interface Entry extends Extent {
  directory: boolean;
}

/** What bytes are read of: a file, or a disk in another form. */
export interface ByteSource {
  /** Puts bytes from a position into a buffer; beyond its end there are none. */
  read(buffer: Buffer, offset: number, length: number, position: number): Promise<unknown>;
}

/** Bytes at a position; beyond the file's end it reads zeros. */
export async function readBytes(file: ByteSource, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  // Beyond the end of any file: a table may say so, and what reads would refuse it.
  if (!Number.isSafeInteger(position)) return buffer;
  await file.read(buffer, 0, length, position);
  return buffer;
}

/** A sector's bytes; beyond the file's end it reads zeros. */
export function readSector(file: FileHandle, index: number): Promise<Buffer> {
  return readBytes(file, index * SECTOR_BYTES, SECTOR_BYTES);
}

/** What the primary volume descriptor (ECMA-119 8.4) says of the volume. */
export interface Volume {
  /** Without the blanks at its end. */
  id: string;
  /** Of the volume; a hybrid medium's file may be longer, and a truncated one is shorter. */
  sizeBytes: number;
  /** The application's own part, in which isomd5sum implants its checksum. */
  applicationUse: string;
}

/** The volume of an ISO image; undefined when there is no primary volume descriptor where it belongs. */
export async function readVolume(file: FileHandle): Promise<Volume | undefined> {
  const sector = await readSector(file, PRIMARY_VOLUME_DESCRIPTOR);
  if (sector[0] !== 1 || !isDescriptor(sector)) return undefined;
  const { offset, length } = APPLICATION_USE;
  return {
    id: sector.toString('latin1', 40, 72).trimEnd(),
    sizeBytes: sector.readUInt32LE(80) * SECTOR_BYTES,
    applicationUse: sector.toString('latin1', offset, offset + length),
  };
}

/** Where a file's content is. */
export interface Extent {
  sector: number;
  sizeBytes: number;
}

/**
 * Where a file is, by its path in the ISO's own names or those of Rock Ridge (`boot/grub2/grub.cfg`, in any case);
 * undefined when there is no such file.
 */
export async function findIsoFile(file: FileHandle, path: string): Promise<Extent | undefined> {
  const descriptor = await readSector(file, PRIMARY_VOLUME_DESCRIPTOR);
  let entry: Entry | undefined = parseRecord(descriptor, ROOT_RECORD);
  for (const name of path.split('/')) {
    if (!entry.directory || entry.sizeBytes > MAX_DIRECTORY_BYTES) return undefined;
    entry = findEntry(await readBytes(file, entry.sector * SECTOR_BYTES, entry.sizeBytes), name);
    if (!entry) return undefined;
  }
  return entry.directory ? undefined : entry;
}

/** A small file's bytes; undefined when there is none, or it is large. */
export async function readIsoFile(file: FileHandle, path: string): Promise<Buffer | undefined> {
  const extent = await findIsoFile(file, path);
  if (!extent || extent.sizeBytes > MAX_FILE_BYTES) return undefined;
  return readBytes(file, extent.sector * SECTOR_BYTES, extent.sizeBytes);
}

function findEntry(directory: Buffer, name: string): Entry | undefined {
  let found: Entry | undefined;
  for (let at = 0; at < directory.length;) {
    const length = directory[at] ?? 0;
    if (length === 0) {
      // Records do not cross sectors: the rest of this one is empty.
      at = (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES;
      continue;
    }
    if (at + length > directory.length || length < 34) return found;
    if (namesOf(directory.subarray(at, at + length)).includes(name.toLowerCase())) {
      const entry = parseRecord(directory, at);
      if (found) found.sizeBytes += entry.sizeBytes;
      else found = entry;
      if (((directory[at + 25] ?? 0) & FLAG_MORE) === 0) return found;
    }
    at += length;
  }
  return found;
}

/** A record's name, and the one that Rock Ridge gives it, in lower case. */
function namesOf(record: Buffer): string[] {
  const nameEnd = 33 + (record[32] ?? 0);
  const names = [record.toString('latin1', 33, nameEnd).replace(/\.?;\d+$/, '')];
  // IEEE P1282 4.1.4: an entry `NM`, its length, version, flags, and the name.
  let rockRidge = '';
  for (let at = nameEnd + (nameEnd % 2); at + 5 <= record.length;) {
    const length = record[at + 2] ?? 0;
    if (length < 4 || at + length > record.length) break;
    if (record.toString('latin1', at, at + 2) === 'NM') rockRidge += record.toString('utf8', at + 5, at + length);
    at += length;
  }
  if (rockRidge !== '') names.push(rockRidge);
  return names.map((one) => one.toLowerCase());
}

/** A directory record (9.1): its extent, its size, and whether it is a directory. */
function parseRecord(bytes: Buffer, at: number): Entry {
  const directory = ((bytes[at + 25] ?? 0) & FLAG_DIRECTORY) !== 0;
  return { sector: bytes.readUInt32LE(at + 2), sizeBytes: bytes.readUInt32LE(at + 10), directory };
}

/** Whether a sector is a volume descriptor (ECMA-119, 8.1.2: the standard identifier). */
export function isDescriptor(sector: Buffer): boolean {
  return sector.toString('latin1', 1, 6) === 'CD001';
}
