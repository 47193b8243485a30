import type { FileHandle } from 'node:fs/promises';

/** ECMA-119: everything lies in sectors of 2048 bytes; the volume descriptors begin at the 17th. */
export const SECTOR_BYTES = 2048;
export const PRIMARY_VOLUME_DESCRIPTOR = 16;

/** Where the primary descriptor holds the root directory's record (8.4.18). */
const ROOT_RECORD = 156;
const MAX_DIRECTORY_BYTES = 1 << 20;
const MAX_FILE_BYTES = 1 << 20;

interface Entry {
  sector: number;
  sizeBytes: number;
  directory: boolean;
}

/** Bytes at a position; beyond the file's end it reads zeros. */
export async function readBytes(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  await file.read(buffer, 0, length, position);
  return buffer;
}

export function readSector(file: FileHandle, index: number): Promise<Buffer> {
  return readBytes(file, index * SECTOR_BYTES, SECTOR_BYTES);
}

/**
 * A small file's bytes, by its path in the ISO's own names (`boot/grub2/grub.cfg`, in any case); undefined when there
 * is none. Rock Ridge and Joliet names are not looked at: boot menus have short ones.
 */
export async function readIsoFile(file: FileHandle, path: string): Promise<Buffer | undefined> {
  const descriptor = await readSector(file, PRIMARY_VOLUME_DESCRIPTOR);
  let entry: Entry | undefined = parseRecord(descriptor, ROOT_RECORD);
  for (const name of path.split('/')) {
    if (!entry.directory || entry.sizeBytes > MAX_DIRECTORY_BYTES) return undefined;
    entry = findEntry(await readBytes(file, entry.sector * SECTOR_BYTES, entry.sizeBytes), name);
    if (!entry) return undefined;
  }
  if (entry.directory || entry.sizeBytes > MAX_FILE_BYTES) return undefined;
  return readBytes(file, entry.sector * SECTOR_BYTES, entry.sizeBytes);
}

function findEntry(directory: Buffer, name: string): Entry | undefined {
  for (let at = 0; at < directory.length;) {
    const length = directory[at] ?? 0;
    if (length === 0) {
      // Records do not cross sectors: the rest of this one is empty.
      at = (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES;
      continue;
    }
    if (at + length > directory.length || length < 34) return undefined;
    const found = directory.toString('latin1', at + 33, at + 33 + (directory[at + 32] ?? 0)).replace(/\.?;\d+$/, '');
    if (found.toLowerCase() === name.toLowerCase()) return parseRecord(directory, at);
    at += length;
  }
  return undefined;
}

/** A directory record (9.1): its extent, its size, and whether it is a directory. */
function parseRecord(bytes: Buffer, at: number): Entry {
  const directory = ((bytes[at + 25] ?? 0) & 2) !== 0;
  return { sector: bytes.readUInt32LE(at + 2), sizeBytes: bytes.readUInt32LE(at + 10), directory };
}
