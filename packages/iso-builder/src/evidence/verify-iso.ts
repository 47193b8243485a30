import { open } from 'node:fs/promises';
import { messageOf } from '@phyllome/host';
import { readBootCatalog, readImplantedMd5, readPartitions, readVolume } from '@phyllome/medium';
import { IsoBuildError } from '../errors.ts';

/** What an ISO says of itself, found to be true. */
export interface IsoFacts {
  /** Bytes of the file. */
  size: number;
  /** Bytes of the ISO 9660 volume; a hybrid medium's file may be longer. */
  volumeSize: number;
  volid: string;
  /** El Torito entries. */
  bios: boolean;
  uefi: boolean;
  /** GUID partition table, for USB sticks. */
  gpt: boolean;
  /** The checksum that the medium carries in itself, in hexadecimal. */
  implantedMd5: string;
}

/**
 * Reads an ISO from end to end and checks that it is what livemedia-creator makes: complete, bootable by BIOS and UEFI
 * from disc and stick, with its implanted checksum right. Reads the file only; needs no tools.
 *
 * @throws {IsoBuildError} ISO_UNREADABLE, ISO_TRUNCATED, ISO_NOT_BOOTABLE, ISO_CHECKSUM_WRONG
 */
export async function verifyIso(path: string, options: { signal?: AbortSignal | undefined } = {}): Promise<IsoFacts> {
  await using file = await open(path, 'r').catch((cause: unknown) => {
    throw unusable('ISO_UNREADABLE', `${path} cannot be read: ${messageOf(cause)}`, cause);
  });
  const { size } = await file.stat();
  const volume = await readVolume(file);
  if (volume === undefined)
    throw unusable('ISO_UNREADABLE', `${path} is not an ISO image: it has no volume descriptor`);
  if (size < volume.sizeBytes)
    throw unusable(
      'ISO_TRUNCATED',
      `${path} is truncated: it has ${size} of the ${volume.sizeBytes} bytes that its volume descriptor promises`,
    );
  const firmwares = (await readBootCatalog(file))?.entries.map(({ firmware }) => firmware) ?? [];
  const boot = {
    bios: firmwares.includes('bios'),
    uefi: firmwares.includes('uefi'),
    gpt: (await readPartitions(file, size)).gpt !== undefined,
  };
  const missing = [
    ...(boot.bios ? [] : ['an El Torito entry for BIOS']),
    ...(boot.uefi ? [] : ['an El Torito entry for UEFI']),
    ...(boot.gpt ? [] : ['a GUID partition table']),
  ];
  if (missing.length > 0) throw unusable('ISO_NOT_BOOTABLE', `${path} lacks ${missing.join(', ')}`);
  const md5 = await readImplantedMd5(file, volume, options.signal);
  if (md5 === undefined) throw unusable('ISO_CHECKSUM_WRONG', `${path} has no implanted checksum`);
  if (md5.computed !== md5.implanted)
    throw unusable(
      'ISO_CHECKSUM_WRONG',
      `${path} is damaged: its implanted MD5 is ${md5.implanted}, that of its content ${md5.computed}`,
    );
  return { size, volumeSize: volume.sizeBytes, volid: volume.id, ...boot, implantedMd5: md5.implanted };
}

const unusable = (
  code: 'ISO_UNREADABLE' | 'ISO_TRUNCATED' | 'ISO_NOT_BOOTABLE' | 'ISO_CHECKSUM_WRONG',
  message: string,
  cause?: unknown,
): IsoBuildError =>
  new IsoBuildError(code, message, { hint: 'build it again, or copy it again from where it came', cause });
