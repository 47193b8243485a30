import { mkdir, mkdtempDisposable, open, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { type Architecture, architectures, removableLoader } from '@phyllome/host/architecture';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { architectureOf } from './architecture.ts';

const [pc, arm] = [architectures.x86_64, architectures.aarch64];

test('a kernel says whose it is', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'architecture-'));
  const kernel = join(directory.path, 'vmlinuz');
  const bytes = Buffer.alloc(1024);
  bytes.write('HdrS', 0x202);
  await writeFile(kernel, bytes);
  expect(await architectureOf({ kernel })).toBe(pc);
  bytes.write('ARMd', 56);
  await writeFile(kernel, bytes);
  expect(await architectureOf({ kernel })).toBe(arm);
  expect(await architectureOf({ kernel: join(directory.path, 'nothing') })).toBe(pc);
});

test.each<[Architecture[], Architecture]>([
  [[pc], pc],
  [[arm], arm],
  [[arm, pc], pc],
  [[], pc],
])('an ISO is for whom it has an EFI program', async (programs, architecture) => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'architecture-'));
  const [tree, iso] = [join(directory.path, 'tree'), join(directory.path, 'a.iso')];
  await mkdir(join(tree, 'EFI/BOOT'), { recursive: true });
  await Promise.all(programs.map((one) => writeFile(join(tree, 'EFI/BOOT', removableLoader(one)), 'MZ')));
  await execa('xorriso', ['-as', 'mkisofs', '-quiet', '-R', '-o', iso, tree]);
  expect(await architectureOf({ iso })).toBe(architecture);
});

const ARM_ROOT = 'b921b045-1df0-41c3-af44-4c6f280d3fae';
const PC_ROOT = '4f68bce3-e8cd-4db1-96e7-fbcaf984b709';

interface Layout {
  table: 'gpt' | 'dos';
  /** Of the second partition, after the EFI system partition. */
  root: string;
  /** As firmware finds it on the first one. */
  loader: 'BOOTAA64EFI' | 'BOOTX64 EFI' | 'NOTHING EFI';
}

/** A disk with an EFI system partition, which has one loader, and a root that is empty. */
async function makeDisk(path: string, { table, root, loader }: Layout): Promise<void> {
  const recorded = join(import.meta.dirname, '../../../medium/test/recorded/esp-fat16.img.zst');
  const esp = zstdDecompressSync(await readFile(recorded));
  esp.write(loader, esp.indexOf('BOOTAA64EFI'), 'latin1');
  const disk = Buffer.alloc(16 * 2 ** 20);
  await writeFile(path, disk);
  const types = { esp: table === 'gpt' ? 'uefi' : 'ef', root };
  await execa('sfdisk', ['--quiet', path], {
    input: `label: ${table}\nstart=1MiB, size=8MiB, type=${types.esp}\nsize=4MiB, type=${types.root}\n`,
  });
  await using file = await open(path, 'r+');
  await file.write(esp, 0, esp.length, 2 ** 20);
}

test.each<[string, Layout, Architecture]>([
  ["by ARM's loader, whatever the root", { table: 'gpt', root: 'linux', loader: 'BOOTAA64EFI' }, arm],
  ["by a PC's loader", { table: 'gpt', root: ARM_ROOT, loader: 'BOOTX64 EFI' }, pc],
  ["by the root's type where there is no loader", { table: 'gpt', root: ARM_ROOT, loader: 'NOTHING EFI' }, arm],
  ["by a PC's root", { table: 'gpt', root: PC_ROOT, loader: 'NOTHING EFI' }, pc],
  ['a PC where nothing says otherwise', { table: 'gpt', root: 'linux', loader: 'NOTHING EFI' }, pc],
  ["by ARM's loader, of a disk without a GPT", { table: 'dos', root: '83', loader: 'BOOTAA64EFI' }, arm],
])('a disk is known %s, raw and as qcow2', async (_, layout, architecture) => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'architecture-'));
  const [raw, qcow2] = [join(directory.path, 'a,b.raw'), join(directory.path, 'a,b.qcow2')];
  await makeDisk(raw, layout);
  await execa('qemu-img', ['convert', '-O', 'qcow2', raw, qcow2]);
  expect(await architectureOf({ disk: raw, format: 'raw' })).toBe(architecture);
  expect(await architectureOf({ disk: qcow2, format: 'qcow2' })).toBe(architecture);
});

test('a disk without a partition table, or that is not there, is taken for a PC', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'architecture-'));
  const [raw, missing] = [join(directory.path, 'raw'), join(directory.path, 'missing')];
  await writeFile(raw, Buffer.alloc(4096));
  expect(await architectureOf({ disk: raw, format: 'raw' })).toBe(pc);
  for (const format of ['raw', 'qcow2'] as const) expect(await architectureOf({ disk: missing, format })).toBe(pc);
});

test('a partition that begins beyond the end of any disk is none', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'architecture-'));
  const raw = join(directory.path, 'raw');
  const disk = Buffer.alloc(4096);
  disk.write('EFI PART', 512);
  disk.writeBigUInt64LE(2n, 512 + 72); // its entries: where, how many, how large
  disk.writeUInt32LE(1, 512 + 80);
  disk.writeUInt32LE(128, 512 + 84);
  disk.write('28732ac11ff8d211ba4b00a0c93ec93b', 1024, 'hex'); // an EFI system partition
  disk.writeBigUInt64LE(2n ** 64n - 1n, 1024 + 32);
  await writeFile(raw, disk);
  expect(await architectureOf({ disk: raw, format: 'raw' })).toBe(pc);
});

test('a directory is no image of any machine', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'architecture-'));
  const { path } = directory;
  for (const image of [{ iso: path }, { kernel: path }, { disk: path, format: 'raw' as const }])
    expect(await architectureOf(image)).toBe(pc);
});
