import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** What a file is known by. */
export interface FileDigest {
  /** Bytes. */
  size: number;
  /** In hexadecimal. */
  sha256: string;
}

/** Reads a file from end to end, in constant memory. */
export const digestOfFile = async (path: string, signal?: AbortSignal): Promise<FileDigest> => {
  const hash = createHash('sha256');
  let size = 0;
  await pipeline(
    createReadStream(path, { highWaterMark: 1024 * 1024 }),
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        hash.update(chunk);
        size += chunk.length;
      }
    },
    signal === undefined ? {} : { signal },
  );
  return { size, sha256: hash.digest('hex') };
};

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
