import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { digestOfPlainFile, type FileDigest } from '@phyllome/host/plain-file';

export type { FileDigest };

/** Reads a plain file from end to end, in constant memory. */
export async function digestOfFile(path: string, signal?: AbortSignal): Promise<FileDigest> {
  const { size, sha256 } = await digestOfPlainFile(path, { signal });
  return { size, sha256 };
}

/** The same of a text. */
export const digestOfText = (text: string): FileDigest => ({
  size: Buffer.byteLength(text),
  sha256: createHash('sha256').update(text).digest('hex'),
});

/** Plain files below a directory, by their paths relative to it, sorted. */
export const filesBelow = async (directory: string): Promise<string[]> =>
  (await readdir(directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .toSorted();
