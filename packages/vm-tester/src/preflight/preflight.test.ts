import { createHash } from 'node:crypto';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { acceptIso, preflightVerdict } from '../accept.ts';
import { rootLabels } from './boot-menu.ts';
import { superblockProblem } from './live-root.ts';
import { preflightIso } from './preflight.ts';

const SECTOR = 2048;
const SECTORS = 32;
const CATALOG = 20;
const BIOS_IMAGE = 24;
const UEFI_IMAGE = 28;
const ROOT_DIRECTORY = 21;
const SUBDIRECTORY = 22;
const MENU = 23;
const LIVE_DIRECTORY = 25;
const SQUASHFS = 26;
/** Where the primary volume descriptor has room for an application's own words. */
const IMPLANTED = 16 * SECTOR + 883;

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
  record(ROOT_DIRECTORY * SECTOR + 42, 'LIVEOS', LIVE_DIRECTORY, SECTOR, true);
  record(LIVE_DIRECTORY * SECTOR, 'SQUASHFS.IMG;1', SQUASHFS, SECTOR, false);
  squashfs().copy(iso, SQUASHFS * SECTOR);

  iso.write('boot', BIOS_IMAGE * SECTOR);
  iso.write('boot', UEFI_IMAGE * SECTOR);
  iso.set([0x55, 0xaa], UEFI_IMAGE * SECTOR + 510);

  const blank = Buffer.from(iso);
  blank.fill(' ', IMPLANTED, IMPLANTED + 512);
  const md5 = createHash('md5').update(blank).digest('hex');
  iso.write(`ISO MD5SUM = ${md5};SKIPSECTORS = 0;`.padEnd(512), IMPLANTED);
  return iso;
}

/** A superblock that says: version 4, blocks of 128 KiB, 1,000 bytes in all. */
function squashfs(): Buffer {
  const superblock = Buffer.alloc(SECTOR);
  superblock.write('hsqs');
  superblock.writeUInt32LE(131_072, 12);
  superblock.writeUInt16LE(17, 22);
  superblock.writeUInt16LE(4, 28);
  superblock.writeBigUInt64LE(1_000n, 40);
  return superblock;
}

/** An EROFS of so many 4 KiB blocks. */
function erofs(blocks: number): Buffer {
  const head = Buffer.alloc(4096);
  head.writeUInt32LE(0xe0f5e1e2, 1024);
  head[1024 + 12] = 12;
  head.writeUInt32LE(blocks, 1024 + 36);
  return head;
}

/** A protective MBR with code, and a GPT with one EFI system partition, whose checksums are right. */
function addGpt(iso: Buffer): void {
  const last = (SECTORS * SECTOR) / 512 - 1;
  iso.set([0xeb, 0xfe]);
  iso[446 + 4] = 0xee;
  iso.set([0x55, 0xaa], 510);
  const entries = Buffer.alloc(128);
  entries.write('28732ac11ff8d211ba4b00a0c93ec93b', 'hex');
  entries.copy(iso, 2 * 512);
  const header = Buffer.alloc(512);
  header.write('EFI PART', 'latin1');
  header.writeUInt32LE(92, 12);
  header.writeBigUInt64LE(BigInt(last), 32);
  header.writeBigUInt64LE(2n, 72);
  header.writeUInt32LE(1, 80);
  header.writeUInt32LE(128, 84);
  header.writeUInt32LE(crc32(entries), 88);
  header.writeUInt32LE(crc32(header.subarray(0, 92)), 16);
  header.copy(iso, 512);
  iso.write('EFI PART', last * 512, 'latin1');
}

/** The tiny one with its checksum written anew. */
function implanted(change: (iso: Buffer) => void): Buffer {
  const iso = tinyIso();
  change(iso);
  iso.fill(' ', IMPLANTED, IMPLANTED + 512);
  const md5 = createHash('md5').update(iso).digest('hex');
  iso.write(`ISO MD5SUM = ${md5};SKIPSECTORS = 0;`, IMPLANTED);
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
      bootsAsDisk: [],
      problems: [],
      warnings: [],
    });
    expect(await preflightVerdict(file.path, 'uefi')).toBeUndefined();
  });

  test('a partition table makes it a stick for both firmwares', async () => {
    await using file = await onDisk(implanted(addGpt));
    expect(await preflightIso(file.path)).toMatchObject({ bootsAsDisk: ['bios', 'uefi'], problems: [], warnings: [] });
  });

  test.each<[string, number, number]>([
    ['header', 512 + 60, 1],
    ['entries', 2 * 512 + 100, 1],
    ['place of its entries', 512 + 72, 8],
    ['copy', SECTORS * SECTOR - 512, 8],
  ])('a partition table with a damaged %s is reported and no reason to reject it', async (_, at, length) => {
    const iso = implanted((whole) => {
      addGpt(whole);
      whole.fill(7, at, at + length);
    });
    await using file = await onDisk(iso);
    const { problems, warnings } = await preflightIso(file.path);
    expect([problems, warnings.map(({ check }) => check)]).toEqual([[], ['gpt']]);
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
    [
      'whose boot image is beyond its end',
      (iso) => void iso.writeUInt32LE(SECTORS, CATALOG * SECTOR + 32 + 8),
      'boot-image',
    ],
    [
      'whose root is not a file system',
      (iso) => void iso.fill(1, SQUASHFS * SECTOR, SQUASHFS * SECTOR + 4),
      'live-root',
    ],
    [
      'whose root is cut short',
      (iso) => void iso.writeBigUInt64LE(BigInt(SECTOR + 1), SQUASHFS * SECTOR + 40),
      'live-root',
    ],
    [
      'whose root ends beyond the file',
      (iso) => void iso.writeUInt32LE(SECTORS * SECTOR, LIVE_DIRECTORY * SECTOR + 10),
      'live-root',
    ],
    ['with one bit turned', (iso) => void (iso[SECTORS * SECTOR - 1] = 1), 'implanted-md5'],
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
    iso.fill(0, IMPLANTED, IMPLANTED + 512);
    await using file = await onDisk(iso);
    expect(await preflightVerdict(file.path, 'bios')).toBeUndefined();
    expect(await preflightVerdict(file.path, 'uefi')).toMatchObject({ status: 'rejected', cause: 'bad-media' });
  });

  test('a UEFI image that is not FAT is refused for UEFI, and judged by booting for BIOS', async () => {
    const iso = implanted((whole) => void whole.fill(1, UEFI_IMAGE * SECTOR + 510, UEFI_IMAGE * SECTOR + 512));
    await using file = await onDisk(iso);
    expect(await preflightVerdict(file.path, 'bios')).toBeUndefined();
    for (const firmware of ['uefi', 'uefi-secure'] as const) {
      expect(await preflightVerdict(file.path, firmware)).toMatchObject({
        status: 'rejected',
        evidence: [{ detector: 'boot-image', line: expect.stringContaining('is not a FAT file system') }],
      });
    }
  });

  test('a second UEFI image that is not FAT, as for Macs, is reported and refused for no firmware', async () => {
    const iso = implanted((whole) => {
      const [section, second] = [CATALOG * SECTOR + 96, CATALOG * SECTOR + 128];
      whole.copy(whole, second, section, section + 32);
      whole.writeUInt32LE(BIOS_IMAGE, second + 8);
    });
    await using file = await onDisk(iso);
    const { problems, warnings, boots } = await preflightIso(file.path);
    expect([problems, warnings.map(({ check }) => check), boots]).toEqual([[], ['boot-image'], ['bios', 'uefi']]);
    expect(await preflightVerdict(file.path, 'uefi')).toBeUndefined();
  });

  test('an entry that is not bootable does not hide those after it', async () => {
    const iso = implanted((whole) => void (whole[CATALOG * SECTOR + 32] = 0));
    await using file = await onDisk(iso);
    expect(await preflightIso(file.path)).toMatchObject({ boots: ['uefi'], problems: [] });
  });

  test("a machine's type decides which firmware the file is looked at for", async () => {
    const iso = implanted((whole) => void (whole[CATALOG * SECTOR + 96] = 0));
    await using file = await onDisk(iso);
    expect(await acceptIso(file.path, { machine: 'phyllome' })).toMatchObject({
      phase: 'preflight',
      cause: 'bad-media',
    });
  });

  test.each(['/nonexistent.iso', tmpdir()])('%s is an error, not a verdict', async (path) => {
    await expect(preflightIso(path)).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
  });
});

test('rootLabels reads the labels a menu names, with their escapes', () => {
  const menu = String.raw`linux /a root=live:CDLABEL=Phyllome\x20OS-44 quiet
    linux /b root=live:CDLABEL=Phyllome\x20OS-44 rd.live.check
    append root=live:LABEL=other
    linux /c root=/dev/sda1
    linux /d inst.stage2=hd:LABEL=Fedora-dvd-x86_64-44 quiet
    linux /e inst.repo=hd:LABEL=Fedora-dvd-x86_64-44:/repo
    linux /f root=live:CDLABEL=${'$'}{label}`;
  expect(rootLabels(menu)).toEqual(['Phyllome OS-44', 'other', 'Fedora-dvd-x86_64-44']);
});

describe('superblockProblem', () => {
  test.each([
    ['squashfs', squashfs(), undefined],
    ['EROFS', erofs(1), undefined],
    ['an EROFS that is cut short', erofs(2), expect.stringContaining('cut short')],
    ['nothing', Buffer.alloc(4096), expect.stringContaining('no superblock')],
  ])('%s', (_, head, problem) => {
    expect(superblockProblem(Buffer.concat([head, Buffer.alloc(4096)]), 4096)).toEqual(problem);
  });
});
