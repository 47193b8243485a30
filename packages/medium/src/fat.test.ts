import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fatHasFile } from './index.ts';
import type { ByteSource } from './index.ts';

/** EFI system partitions by mkfs.vfat and mcopy; the loader comes last in a directory that is longer than a cluster. */
const recorded = (kind: string) =>
  zstdDecompressSync(readFileSync(join(import.meta.dirname, `../test/recorded/esp-${kind}.img.zst`)));

const bytesOf = (bytes: Buffer): ByteSource => ({
  async read(buffer, offset, length, position) {
    bytes.subarray(position, position + length).copy(buffer, offset);
  },
});

describe.each(['fat12', 'fat16', 'fat32'])('%s', (kind) => {
  const START = 512;
  const partition = recorded(kind);
  const source = bytesOf(Buffer.concat([Buffer.alloc(START), partition]));

  test.each([
    ['EFI/BOOT/BOOTAA64.EFI', true],
    ['EFI/BOOT/BOOTX64.EFI', false],
    ['EFI/BOOT', false],
    ['EFI/BOOT/BOOTAA64.EFI/MORE', false],
    ['BOOTAA64.EFI', false],
  ])('%s: %s', async (path, there) => {
    expect(await fatHasFile(source, START, path)).toBe(there);
  });

  test('a file that was deleted is not there', async () => {
    const bytes = Buffer.from(partition);
    bytes[bytes.indexOf('BOOTAA64EFI')] = 0xe5;
    expect(await fatHasFile(bytesOf(bytes), 0, 'EFI/BOOT/BOOTAA64.EFI')).toBe(false);
  });
});

test('a damaged one is read without an exception, whatever is damaged', async () => {
  const whole = recorded('fat12');
  const damage = fc.array(fc.tuple(fc.nat(20_000), fc.uint8Array({ minLength: 1, maxLength: 16 })), { maxLength: 8 });
  const header = fc.array(fc.tuple(fc.integer({ min: 11, max: 50 }), fc.uint8Array({ minLength: 1, maxLength: 2 })));
  await fc.assert(
    fc.asyncProperty(damage, header, async (changes, fields) => {
      const bytes = Buffer.from(whole);
      for (const [at, some] of [...changes, ...fields]) bytes.set(some, at);
      expect(typeof (await fatHasFile(bytesOf(bytes), 0, 'EFI/BOOT/BOOTAA64.EFI'))).toBe('boolean');
    }),
    { numRuns: 200 },
  );
});
