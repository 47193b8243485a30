import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { PRIMARY_VOLUME_DESCRIPTOR, readSector, SECTOR_BYTES } from './iso9660.ts';

export interface ImplantedMd5 {
  /** What the medium says. */
  implanted: string;
  /** What its bytes give. */
  computed: string;
}

/** ECMA-119 8.4.32: the application's own part of the primary volume descriptor. */
const APPLICATION_USE = { offset: 883, length: 512 };
const CHUNK_BYTES = 1 << 20;

/**
 * The checksum that lorax's media carry (isomd5sum) and the one their bytes give: over the volume without its last
 * SKIPSECTORS sectors, the part that holds the checksum read as spaces.
 * @returns undefined when none is implanted
 */
export async function readImplantedMd5(
  file: FileHandle,
  volumeBytes: number,
  signal?: AbortSignal,
): Promise<ImplantedMd5 | undefined> {
  const { offset, length } = APPLICATION_USE;
  const primary = await readSector(file, PRIMARY_VOLUME_DESCRIPTOR);
  const field = /ISO MD5SUM = ([0-9a-f]{32});SKIPSECTORS = (\d+);/.exec(
    primary.toString('latin1', offset, offset + length),
  );
  if (!field) return undefined;
  const endBytes = volumeBytes - Number(field[2]) * SECTOR_BYTES;
  const blank = PRIMARY_VOLUME_DESCRIPTOR * SECTOR_BYTES + offset; // in the first chunk
  const hash = createHash('md5');
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let position = 0; position < endBytes;) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK_BYTES, endBytes - position), position);
    if (bytesRead === 0) break;
    if (position === 0) buffer.fill(' ', blank, blank + length);
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
  return { implanted: field[1] ?? '', computed: hash.digest('hex') };
}
