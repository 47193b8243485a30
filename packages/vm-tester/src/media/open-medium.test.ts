import { existsSync } from 'node:fs';
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { openMedium } from './open-medium.ts';

/** The least that each kind is known by. */
const iso = Buffer.alloc(40 * 2048);
iso.write('\u0001CD001\u0001', 16 * 2048, 'latin1');
iso.writeUInt32LE(40, 16 * 2048 + 80);
const qcow2 = Buffer.concat([Buffer.from('QFI\u00fb', 'latin1'), Buffer.alloc(600)]);
const kernel = Buffer.alloc(1024);
kernel.write('HdrS', 0x202);
const raw = Buffer.alloc(1024, 7);

describe('openMedium knows a file by its bytes', () => {
  test.each([
    ['ISO', iso, { iso: expect.any(String) }],
    ['qcow2 disk', qcow2, { disk: expect.any(String), format: 'qcow2' }],
    ['raw disk', raw, { disk: expect.any(String), format: 'raw' }],
    ['raw disk', Buffer.alloc(0), { disk: expect.any(String), format: 'raw' }],
    ['kernel', kernel, { kernel: expect.any(String) }],
  ])('%s, also packed', async (kind, bytes, image) => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'medium-'));
    const path = join(directory.path, 'named-otherwise.txt');
    const packed: [string, Buffer][] = [
      ['', bytes],
      [', gzip', gzipSync(bytes)],
      [', zstd', zstdCompressSync(bytes)],
      [', xz', Buffer.from((await execa('xz', ['-c'], { input: bytes, encoding: 'buffer' })).stdout)],
    ];
    for (const [packing, content] of packed) {
      await writeFile(path, content);
      let unpacked: string;
      {
        await using medium = await openMedium(path);
        expect([medium.kind, medium.image]).toEqual([kind + packing, image]);
        unpacked = String(Object.values(medium.image)[0]);
        expect(await readFile(unpacked)).toEqual(bytes);
      }
      expect(existsSync(unpacked)).toBe(packing === '');
    }
  });

  test.each<[string, (bytes: Buffer) => Promise<Buffer> | Buffer]>([
    ['gzip', (bytes) => gzipSync(bytes)],
    ['zstd', (bytes) => zstdCompressSync(bytes)],
    ['xz', async (bytes) => Buffer.from((await execa('xz', ['-c'], { input: bytes, encoding: 'buffer' })).stdout)],
  ])('%s that is cut short is an error, not a disk', async (_, pack) => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'medium-'));
    const path = join(directory.path, 'cut.img');
    await writeFile(path, (await pack(iso)).subarray(0, -6));
    await expect(openMedium(path)).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
  });

  test('what calls itself an ISO and is none is for the look at ISOs to refuse', async () => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'medium-'));
    for (const [name, bytes] of [['a.iso', raw] as const, ['a.ISO.gz', gzipSync(raw)] as const]) {
      await writeFile(join(directory.path, name), bytes);
      await using medium = await openMedium(join(directory.path, name));
      expect(medium.kind).toMatch(/^ISO/);
    }
  });

  test.each([
    ['vmlinuz', 'initrd.img'],
    ['vmlinuz-6.12.1', 'initramfs-6.12.1.img'],
    ['vmlinuz-6.12.1', 'initrd.img-6.12.1'],
    ['linux', 'initrd.gz'],
  ])('the kernel %s gets the %s beside it, and no other', async (name, initrd) => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'medium-'));
    const at = (file: string) => join(directory.path, file);
    await Promise.all([name, 'memtest86+.bin', `${name}-other`].map((file) => writeFile(at(file), kernel)));
    await Promise.all([initrd, 'initrd-5.10'].map((file) => writeFile(at(file), '')));
    await using medium = await openMedium(at(name));
    expect(medium.image).toEqual({ kernel: at(name), initrd: at(initrd), cmdline: expect.stringContaining('ttyS0') });
    expect(medium.kind).toBe(`kernel with ${initrd}`);
    for (const other of ['memtest86+.bin', `${name}-other`]) {
      await using alone = await openMedium(at(other));
      expect(alone.image).toEqual({ kernel: at(other) });
    }
  });

  test.each([
    ['a backing file', ['-b', '/etc/passwd', '-F', 'raw', 'disk.qcow2']],
    ['a backing file, of the first version', ['-o', 'compat=0.10', '-b', '/etc/passwd', '-F', 'raw', 'disk.qcow2']],
    ['a file with its data', ['-o', 'data_file=data.raw', 'disk.qcow2', '1M']],
  ])('a qcow2 disk that names %s is refused', async (_, words) => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'medium-'));
    await execa('qemu-img', ['create', '-q', '-f', 'qcow2', ...words], { cwd: directory.path });
    await expect(openMedium(join(directory.path, 'disk.qcow2'))).rejects.toMatchObject({
      code: 'IMAGE_UNREADABLE',
      message: expect.stringContaining('names another file'),
    });
  });

  test('a qcow2 disk that is cut within its header is for QEMU to refuse', async () => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'medium-'));
    await writeFile(join(directory.path, 'disk.qcow2'), qcow2.subarray(0, 5));
    await using medium = await openMedium(join(directory.path, 'disk.qcow2'));
    expect(medium.kind).toBe('qcow2 disk');
  });

  test.each(['vmdk', 'vhdx', 'vpc', 'vdi'])('a disk as %s is refused: raw, it would be damaged', async (format) => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'medium-'));
    const path = join(directory.path, 'disk.img');
    await execa('qemu-img', ['create', '-q', '-f', format, path, '1M']);
    await expect(openMedium(path)).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
  });

  test('what is not there', async () => {
    await expect(openMedium('/nonexistent.iso')).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
  });
});
