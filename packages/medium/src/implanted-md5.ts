import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { APPLICATION_USE, PRIMARY_VOLUME_DESCRIPTOR, SECTOR_BYTES, type Volume } from './iso9660.ts';

/** The checksum that a medium carries in itself, for "Test this media" (isomd5sum, `implantisomd5`). */
export interface ImplantedMd5 {
  /** What the medium says, in hexadecimal. */
  implanted: string;
  /** What its bytes give. */
  computed: string;
}

const chunkBytes = 1 << 20;

/**
 * Computes the checksum as isomd5sum does: over the volume without its last SKIPSECTORS sectors, with the application's
 * part of the primary volume descriptor, which holds the checksum, read as spaces. Reads the whole volume.
 *
 * @returns undefined when none is implanted
 */
export async function readImplantedMd5(
  file: FileHandle,
  volume: Volume,
  signal?: AbortSignal,
): Promise<ImplantedMd5 | undefined> {
  const field = /ISO MD5SUM = ([0-9a-f]{32});SKIPSECTORS = (\d+);/u.exec(volume.applicationUse);
  if (field === null) return undefined;
  const end = volume.sizeBytes - Number(field[2]) * SECTOR_BYTES;
  const { offset, length } = APPLICATION_USE;
  const blank = PRIMARY_VOLUME_DESCRIPTOR * SECTOR_BYTES + offset;
  const hash = createHash('md5');
  const buffer = Buffer.allocUnsafe(chunkBytes);
  for (let position = 0; position < end;) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, Math.min(chunkBytes, end - position), position);
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    if (position <= blank && blank < position + bytesRead) chunk.fill(' ', blank - position, blank - position + length);
    hash.update(chunk);
    position += bytesRead;
  }
  return { implanted: field[1] ?? '', computed: hash.digest('hex') };
}
