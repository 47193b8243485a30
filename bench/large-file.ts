import { createHash, randomFillSync } from 'node:crypto';
import { open } from 'node:fs/promises';

/** Writes a file that compresses to nothing less, and has no two chunks alike. @returns its sha256, in hexadecimal */
export async function writeLargeFile(path: string, size: number): Promise<string> {
  const chunk = randomFillSync(Buffer.alloc(2 ** 20));
  const hash = createHash('sha256');
  await using file = await open(path, 'w');
  for (let written = 0; written < size; written += chunk.length) {
    chunk.writeUInt32LE(written / chunk.length);
    const part = chunk.subarray(0, size - written);
    hash.update(part);
    await file.write(part);
  }
  await file.sync();
  return hash.digest('hex');
}
