import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { applicationUse, type PrimaryDescriptor, primaryDescriptorSector, sectorBytes } from './layout.ts';

/** The checksum that a medium carries in itself, for "Test this media" (isomd5sum, `implantisomd5`). */
export interface ImplantedMd5 {
  /** What the medium says. */
  implanted: string;
  /** What its bytes give. */
  computed: string;
}

const chunkBytes = 1024 * 1024;

/**
 * Computes the checksum as isomd5sum does: over the volume without its last SKIPSECTORS sectors, with the application's
 * part of the primary volume descriptor, which holds the checksum, read as spaces.
 *
 * @returns undefined when none is implanted
 */
export const readImplantedMd5 = async (
  file: FileHandle,
  descriptor: PrimaryDescriptor,
  signal?: AbortSignal,
): Promise<ImplantedMd5 | undefined> => {
  const field = /ISO MD5SUM = ([0-9a-f]{32});SKIPSECTORS = (\d+);/u.exec(descriptor.applicationUse);
  if (field === null) return undefined;
  const end = descriptor.size - Number(field[2]) * sectorBytes;
  const blank = primaryDescriptorSector * sectorBytes + applicationUse.offset;
  const hash = createHash('md5');
  const buffer = Buffer.allocUnsafe(chunkBytes);
  for (let position = 0; position < end;) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, Math.min(chunkBytes, end - position), position);
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    if (position <= blank && blank < position + bytesRead)
      chunk.fill(' ', blank - position, blank - position + applicationUse.length);
    hash.update(chunk);
    position += bytesRead;
  }
  return { implanted: field[1] ?? '', computed: hash.digest('hex') };
};
