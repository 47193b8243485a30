import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { FetchOptions } from '../executor/executor.ts';

/** A file that came down. */
export interface Fetched {
  /** Bytes. */
  size: number;
  sha256: string;
}

/** Written at once, while the next is filled. */
const bufferBytes = 4 << 20;

/**
 * Writes what comes to `target`, hashing it on the way, and makes sure that it is on disk. Memory: two buffers, whatever
 * the size.
 *
 * @throws {Error} when there is less, or more, of it than it was said to have
 * @throws the signal's reason when aborted
 */
export const receive = async (
  content: AsyncIterable<Buffer>,
  size: number,
  target: string,
  { signal, onProgress }: FetchOptions,
): Promise<Fetched> => {
  const hash = createHash('sha256');
  await using file = await open(target, 'w');
  let [buffer, spare] = [Buffer.allocUnsafeSlow(bufferBytes), Buffer.allocUnsafeSlow(bufferBytes)];
  let [done, used] = [0, 0];
  let writing: Promise<unknown> = Promise.resolve();
  const flush = async (): Promise<void> => {
    await writing;
    writing = file.writeFile(buffer.subarray(0, used));
    // Seen by the next flush.
    writing.catch(() => undefined);
    [buffer, spare, used] = [spare, buffer, 0];
    onProgress(done, size);
  };
  for await (const chunk of content) {
    signal.throwIfAborted();
    hash.update(chunk);
    done += chunk.length;
    for (let at = 0; at < chunk.length;) {
      const copied = chunk.copy(buffer, used, at);
      at += copied;
      used += copied;
      if (used === bufferBytes) await flush();
    }
  }
  await flush();
  await writing;
  if (done !== size) throw new Error(`${target} broke off after ${done} of ${size} bytes`);
  await file.sync();
  return { size: done, sha256: hash.digest('hex') };
};

/** Waits until the file's bytes, or the folder's entries, are on disk. */
export const sync = async (path: string): Promise<void> => {
  await using file = await open(path, 'r');
  await file.sync();
};
