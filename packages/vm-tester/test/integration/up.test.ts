import { mkdtempDisposable, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { up } from '../../src/index.ts';
import { bootSector } from './boot-sectors.ts';

test('QEMU that does not start says why, and leaves nothing', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const disk = join(directory.path, 'disk.img');
  await writeFile(disk, bootSector('halt'));
  const starting = up({
    name: 'too-many-cpus',
    image: { disk, format: 'raw' },
    firmware: 'bios',
    cpus: 100_000,
    memoryMiB: 64,
    network: 'none',
    display: 'none',
    env: { ...process.env, XDG_RUNTIME_DIR: directory.path },
  });
  await expect(starting).rejects.toMatchObject({ code: 'QEMU_FAILED', message: expect.stringContaining('CPUs') });
  expect(await readdir(join(directory.path, 'phyllome'))).toEqual([]);
});
