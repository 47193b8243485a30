import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FetchOptions } from '../executor/executor.ts';
import type { Fetched } from '../executor/executor.ts';

/** Between two reports of progress. */
const reportBytes = 4 << 20;

/**
 * Writes what comes to `target`, hashing it on the way; {@link sync} makes sure that it is on disk. It writes
 * synchronously, to the kernel's cache: what was hashed just now is still in the processor's, and handing it to a thread
 * took twice the CPU.
 *
 * @throws {Error} when there is less, or more, of it than it was said to have
 * @throws the signal's reason when aborted
 */
export async function receive(
  content: AsyncIterable<Buffer>,
  size: number,
  target: string,
  { signal, onProgress }: FetchOptions,
): Promise<Fetched> {
  const hash = createHash('sha256');
  await using file = await open(target, 'w');
  let [done, reported] = [0, 0];
  for await (const chunk of content) {
    signal.throwIfAborted();
    hash.update(chunk);
    for (let at = 0; at < chunk.length;) at += writeSync(file.fd, chunk, at);
    done += chunk.length;
    if (done - reported >= reportBytes) onProgress((reported = done), size);
  }
  onProgress(done, size);
  if (done !== size) throw new Error(`${target} broke off after ${done} of ${size} bytes`);
  return { size: done, sha256: hash.digest('hex') };
}

/** Waits until the file's bytes, or the folder's entries, are on disk. */
export async function sync(path: string): Promise<void> {
  await using file = await open(path, 'r');
  await file.sync();
}
