import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryDirectory } from '@phyllome/host';
import type { ByteSource } from '@phyllome/medium';

const BLOCK_BYTES = 512;

/** What a guest would read of a qcow2 disk, by qemu-img; nothing of one that it cannot read. */
export function readQcow2(path: string): ByteSource {
  return {
    async read(buffer, offset, length, position) {
      const start = position - (position % BLOCK_BYTES);
      const bytes = await part(path, start, Math.ceil((position + length - start) / BLOCK_BYTES) * BLOCK_BYTES);
      bytes.subarray(position - start, position - start + length).copy(buffer, offset);
    },
  };
}

/** A part of the disk: beyond its end qemu-img refuses to read, and there is nothing. */
async function part(path: string, offset: number, size: number): Promise<Buffer> {
  await using directory = await temporaryDirectory('vmt-disk-');
  const to = join(directory.path, 'part');
  const file = { driver: 'qcow2', file: { driver: 'file', filename: path } };
  const source = `json:${JSON.stringify({ driver: 'raw', offset, size, file })}`;
  const words = ['convert', '-q', '-O', 'raw', source, to];
  return await promisify(execFile)('qemu-img', words).then(
    () => readFile(to),
    () => Buffer.alloc(0),
  );
}
