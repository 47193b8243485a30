import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { preflightVerdict } from './accept.ts';
import { rootLabels } from './boot-menu.ts';
import { preflightIso } from './preflight.ts';

const SECTOR = 2048;
const SECTORS = 32;
const CATALOG = 20;
const BIOS_IMAGE = 24;
const UEFI_IMAGE = 28;
const ROOT_DIRECTORY = 21;
const SUBDIRECTORY = 22;
const MENU = 23;

/** The smallest thing with the structures of a bootable ISO: descriptors, a boot catalog, two boot images. */
function tinyIso(): Buffer {
  const iso = Buffer.alloc(SECTORS * SECTOR);
  const descriptor = (sector: number, type: number) => {
    iso[sector * SECTOR] = type;
    iso.write('CD001\u0001', sector * SECTOR + 1, 'latin1');
  };
  descriptor(16, 1);
  iso.write('Tiny'.padEnd(32), 16 * SECTOR + 40, 'latin1');
  iso.writeUInt32LE(SECTORS, 16 * SECTOR + 80);
  descriptor(17, 0);
  iso.write('EL TORITO SPECIFICATION', 17 * SECTOR + 7, 'latin1');
  iso.writeUInt32LE(CATALOG, 17 * SECTOR + 71);
  descriptor(18, 255);

  const catalog = iso.subarray(CATALOG * SECTOR);
  catalog.set([1, 0, 0, 0]);
  catalog.set([0xaa, 0x55, 0x55, 0xaa], 28); // the checksum of an empty identification, and the key
  catalog[32] = 0x88;
  catalog.writeUInt32LE(BIOS_IMAGE, 32 + 8);
  catalog.set([0x91, 0xef, 1, 0], 64);
  catalog[96] = 0x88;
  catalog.writeUInt32LE(UEFI_IMAGE, 96 + 8);

  const record = (at: number, name: string, sector: number, size: number, directory: boolean) => {
    iso[at] = Math.ceil((33 + name.length) / 2) * 2;
    iso.writeUInt32LE(sector, at + 2);
    iso.writeUInt32LE(size, at + 10);
    iso[at + 25] = directory ? 2 : 0;
    iso[at + 32] = name.length;
    iso.write(name, at + 33, 'latin1');
  };
  const menu = 'linux /vmlinuz root=live:CDLABEL=Tiny rd.live.image\n';
  record(16 * SECTOR + 156, '\0', ROOT_DIRECTORY, SECTOR, true);
  record(ROOT_DIRECTORY * SECTOR, 'ISOLINUX', SUBDIRECTORY, SECTOR, true);
  record(SUBDIRECTORY * SECTOR, '\0', SUBDIRECTORY, SECTOR, true);
  record(SUBDIRECTORY * SECTOR + 34, 'ISOLINUX.CFG;1', MENU, menu.length, false);
  iso.write(menu, MENU * SECTOR);

  iso.write('boot', BIOS_IMAGE * SECTOR);
  iso.write('boot', UEFI_IMAGE * SECTOR);
  return iso;
}

async function onDisk(iso: Buffer): Promise<AsyncDisposable & { path: string; directory: string }> {
  const directory = await mkdtempDisposable(join(tmpdir(), 'preflight-'));
  const path = join(directory.path, 'tiny.iso');
  await writeFile(path, iso);
  return { path, directory: directory.path, [Symbol.asyncDispose]: () => directory.remove() };
}

describe('preflightIso', () => {
  test('finds nothing against a whole one', async () => {
    await using file = await onDisk(tinyIso());
    expect(await preflightIso(file.path)).toEqual({
      sizeBytes: SECTORS * SECTOR,
      volumeId: 'Tiny',
      boots: ['bios', 'uefi'],
      problems: [],
    });
    expect(await preflightVerdict(file.path, 'uefi')).toBeUndefined();
  });

  test.each<[string, (iso: Buffer) => Buffer | void, string]>([
    ['cut short', (iso) => iso.subarray(0, -SECTOR), 'truncated'],
    ['cut inside the descriptors', (iso) => iso.subarray(0, 10), 'iso9660'],
    ['empty', () => Buffer.alloc(0), 'iso9660'],
    ['no ISO at all', (iso) => void iso.fill(0), 'iso9660'],
    ['without a boot record', (iso) => void iso.fill(0, 17 * SECTOR, 18 * SECTOR), 'el-torito'],
    ['with a damaged catalog', (iso) => void iso.fill(7, CATALOG * SECTOR, CATALOG * SECTOR + 8), 'el-torito'],
    [
      'with nothing bootable in the catalog',
      (iso) => void iso.fill(0, CATALOG * SECTOR + 32, CATALOG * SECTOR + 128),
      'el-torito',
    ],
    [
      'with an empty boot image',
      (iso) => void iso.fill(0, BIOS_IMAGE * SECTOR, BIOS_IMAGE * SECTOR + 16),
      'boot-image',
    ],
    ['whose menu names another volume', (iso) => void iso.write('Tino', MENU * SECTOR + 33), 'boot-menu'],
    [
      'with a partition table that ends beyond the file',
      (iso) => {
        iso.write('EFI PART', 512, 'latin1');
        iso.writeBigUInt64LE(BigInt((SECTORS * SECTOR) / 512), 512 + 32);
      },
      'truncated',
    ],
  ])('an ISO %s', async (_, damage, check) => {
    const iso = tinyIso();
    await using file = await onDisk(damage(iso) ?? iso);
    expect((await preflightIso(file.path)).problems.map((problem) => problem.check)).toContain(check);
    expect(await preflightVerdict(file.path, 'bios')).toMatchObject({
      status: 'rejected',
      phase: 'preflight',
      cause: 'bad-media',
    });
  });

  test('an ISO for one firmware is refused for the other', async () => {
    const iso = tinyIso();
    iso[CATALOG * SECTOR + 96] = 0;
    await using file = await onDisk(iso);
    expect(await preflightVerdict(file.path, 'bios')).toBeUndefined();
    expect(await preflightVerdict(file.path, 'uefi')).toMatchObject({ status: 'rejected', cause: 'bad-media' });
  });

  test('a file that is not there is an error, not a verdict', async () => {
    await expect(preflightIso('/nonexistent.iso')).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
  });
});

test('rootLabels reads the labels a menu names, with their escapes', () => {
  const menu = String.raw`linux /a root=live:CDLABEL=Phyllome\x20OS-44 quiet
    linux /b root=live:CDLABEL=Phyllome\x20OS-44 rd.live.check
    append root=live:LABEL=other
    linux /c root=/dev/sda1`;
  expect(rootLabels(menu)).toEqual(['Phyllome OS-44', 'other']);
});
