import { createHash } from 'node:crypto';
import { mkdtempDisposable, open, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readBootCatalog, readImplantedMd5, readIsoFile, readPartitions, readVolume } from './index.ts';

const SECTOR = 2048;
const SECTORS = 24;
const CATALOG = 19;
const ROOT_DIRECTORY = 20;
const MENU = 21;

/** A volume with one file, a boot catalog for BIOS and UEFI, and a checksum: the smallest medium there is. */
function smallest(): Buffer {
  const iso = Buffer.alloc(SECTORS * SECTOR);
  for (const [sector, type] of [
    [16, 1],
    [17, 0],
    [18, 255],
  ] as const) {
    iso[sector * SECTOR] = type;
    iso.write('CD001\u0001', sector * SECTOR + 1, 'latin1');
  }
  iso.write('Smallest'.padEnd(32), 16 * SECTOR + 40, 'latin1');
  iso.writeUInt32LE(SECTORS, 16 * SECTOR + 80);
  iso.write('EL TORITO SPECIFICATION', 17 * SECTOR + 7, 'latin1');
  iso.writeUInt32LE(CATALOG, 17 * SECTOR + 71);
  const catalog = iso.subarray(CATALOG * SECTOR);
  catalog.set([1, 0, 0, 0]);
  catalog.set([0xaa, 0x55, 0x55, 0xaa], 28);
  catalog[32] = 0x88;
  catalog.writeUInt32LE(22, 40);
  catalog.set([0x91, 0xef, 1, 0], 64);
  catalog[96] = 0x88;
  catalog.writeUInt32LE(23, 104);
  record(iso, 16 * SECTOR + 156, '\0', ROOT_DIRECTORY, SECTOR, 2);
  record(iso, ROOT_DIRECTORY * SECTOR, 'GRUB.CFG;1', MENU, 4, 0);
  iso.write('menu', MENU * SECTOR);
  const md5 = createHash('md5')
    .update(Buffer.from(iso).fill(' ', 16 * SECTOR + 883, 16 * SECTOR + 883 + 512))
    .digest('hex');
  iso.write(`ISO MD5SUM = ${md5};SKIPSECTORS = 0;`.padEnd(512), 16 * SECTOR + 883, 'latin1');
  return iso;
}

function record(iso: Buffer, at: number, name: string, sector: number, size: number, flags: number): void {
  iso[at] = 34 + name.length + (name.length % 2);
  iso.writeUInt32LE(sector, at + 2);
  iso.writeUInt32LE(size, at + 10);
  iso[at + 25] = flags;
  iso[at + 32] = name.length;
  iso.write(name, at + 33, 'latin1');
}

/** All that is read of a medium. */
async function readAll(file: FileHandle) {
  const { size } = await file.stat();
  const volume = await readVolume(file);
  return {
    volume,
    catalog: await readBootCatalog(file),
    partitions: await readPartitions(file, size),
    menu: (await readIsoFile(file, 'grub.cfg'))?.toString('latin1'),
    md5: volume && (await readImplantedMd5(file, volume)),
  };
}

test('everything is read of a whole medium', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'medium-'));
  const path = join(directory.path, 'medium.iso');
  await writeFile(path, smallest());
  await using file = await open(path);
  const found = await readAll(file);
  expect(found.volume).toMatchObject({ id: 'Smallest', sizeBytes: SECTORS * SECTOR });
  expect(found.catalog?.entries).toEqual([
    { firmware: 'bios', sector: 22 },
    { firmware: 'uefi', sector: 23 },
  ]);
  expect(found.partitions).toEqual({ boots: [], gpt: undefined });
  expect(found.menu).toBe('menu');
  expect(found.md5?.computed).toBe(found.md5?.implanted);
});

test('a file that is not a medium has nothing of it', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'medium-'));
  const path = join(directory.path, 'text');
  await writeFile(path, 'hello');
  await using file = await open(path);
  expect(await readAll(file)).toMatchObject({ volume: undefined, catalog: undefined, menu: undefined });
});

test('a damaged medium is read without an exception, whatever is damaged', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'medium-'));
  const path = join(directory.path, 'medium.iso');
  const whole = smallest();
  // Where the structures are: the partition table, the descriptors, the catalog, the directory.
  const place = fc.oneof(fc.nat(2047), fc.integer({ min: 16 * SECTOR, max: 22 * SECTOR }));
  const damage = fc.array(fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 16 })), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(damage, fc.boolean(), async (changes, gpt) => {
      const iso = Buffer.from(whole);
      if (gpt) iso.write('EFI PART', 512, 'latin1');
      for (const [at, bytes] of changes) iso.set(bytes, at);
      await writeFile(path, iso);
      await using file = await open(path);
      expect(await readAll(file)).toHaveProperty('partitions');
    }),
    { numRuns: 200 },
  );
});
