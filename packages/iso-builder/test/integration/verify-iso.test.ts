import { copyFile, open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyIso } from '../../src/evidence/verify-iso.ts';
import { makeIso, puppetVolid, temporaryDirectory } from '../puppet/puppet.ts';

describe('verifyIso agrees with the tools that make and check media', () => {
  const resources = new AsyncDisposableStack();
  let folder: string;
  let iso: string;

  beforeAll(async () => {
    folder = resources.use(await temporaryDirectory()).path;
    iso = await makeIso(folder);
  });
  afterAll(() => resources.disposeAsync());

  const copy = async (name: string): Promise<string> => {
    const path = join(folder, name);
    await copyFile(iso, path);
    return path;
  };

  test('a complete ISO', async () => {
    expect(await checkisomd5(iso)).toBe(0);
    expect(await verifyIso(iso)).toMatchObject({ volid: puppetVolid, bios: true, uefi: true, gpt: true });
  });

  test('its padding may be cut, and grow', async () => {
    const { volumeSize } = await verifyIso(iso);
    const cut = await copy('cut.iso');
    await truncate(cut, volumeSize);
    expect(await verifyIso(cut)).toMatchObject({ size: volumeSize });
    const grown = await copy('grown.iso');
    await truncate(grown, volumeSize + 10_000_000);
    expect(await verifyIso(grown)).toMatchObject({ size: volumeSize + 10_000_000, volumeSize });
  });

  test('one byte less than the volume is too little', async () => {
    const { volumeSize } = await verifyIso(iso);
    const path = await copy('truncated.iso');
    await truncate(path, volumeSize - 1);
    await expect(verifyIso(path)).rejects.toMatchObject({ code: 'ISO_TRUNCATED' });
  });

  test('a changed byte', async () => {
    const path = await copy('damaged.iso');
    await overwrite(path, 300_000, 'X');
    expect(await checkisomd5(path)).toBe(1);
    await expect(verifyIso(path)).rejects.toMatchObject({ code: 'ISO_CHECKSUM_WRONG' });
  });

  test('a status in the implanted field is not content', async () => {
    const path = await copy('status.iso');
    const { implantedMd5 } = await verifyIso(path);
    // checkisomd5 notes "supported" in it; the field is not part of the sum.
    await execa('implantisomd5', ['--force', '--supported-iso', path]);
    expect(await verifyIso(path)).toMatchObject({ implantedMd5 });
  });

  test('no implanted checksum', async () => {
    const path = await copy('unmarked.iso');
    await overwrite(path, 16 * 2048 + 883, ' '.repeat(512));
    expect(await checkisomd5(path)).not.toBe(0);
    await expect(verifyIso(path)).rejects.toMatchObject({ code: 'ISO_CHECKSUM_WRONG' });
  });

  test.each([
    ['GUID partition table', 512, 'xxxxxxxx'],
    ['El Torito entry for BIOS, an El Torito entry for UEFI', 17 * 2048 + 7, 'XX TORITO'],
  ])('not without %s', async (what, position, bytes) => {
    const path = await copy('unbootable.iso');
    await overwrite(path, position, bytes);
    const failure = verifyIso(path);
    await expect(failure).rejects.toMatchObject({ code: 'ISO_NOT_BOOTABLE' });
    await expect(failure).rejects.toThrow(what);
  });

  test('what is no ISO at all', async () => {
    const path = join(folder, 'text.iso');
    await writeFile(path, 'hello');
    await expect(verifyIso(path)).rejects.toMatchObject({ code: 'ISO_UNREADABLE' });
    await expect(verifyIso(join(folder, 'gone.iso'))).rejects.toMatchObject({ code: 'ISO_UNREADABLE' });
  });
});

async function overwrite(path: string, position: number, bytes: string): Promise<void> {
  await using file = await open(path, 'r+');
  await file.write(Buffer.from(bytes, 'latin1'), 0, bytes.length, position);
}

const checkisomd5 = async (path: string): Promise<number | undefined> =>
  (await execa('checkisomd5', [path], { reject: false, input: '' })).exitCode;
