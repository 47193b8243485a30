import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
