import type { FileHandle } from 'node:fs/promises';

/** ISO 9660's logical sector. */
export const sectorBytes = 2048;
/** ECMA-119 §6.2.1: the first 16 sectors belong to the system, volume descriptors follow. */
export const primaryDescriptorSector = 16;

/** Reads exactly that much, or what is left of the file. */
export const readAt = async (file: FileHandle, position: number, length: number): Promise<Buffer> => {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
};

/** The primary volume descriptor (ECMA-119 §8.4), as far as it concerns us. */
export interface PrimaryDescriptor {
  volid: string;
  /** Size of the volume in bytes. */
  size: number;
  /** The application's 512 bytes, where the checksum is implanted. */
  applicationUse: string;
}

/** Offset and length of the application's part of the descriptor (ECMA-119 §8.4.32). */
export const applicationUse = { offset: 883, length: 512 } as const;

/** Undefined when the file has no primary volume descriptor where it belongs. */
export const readPrimaryDescriptor = async (file: FileHandle): Promise<PrimaryDescriptor | undefined> => {
  const sector = await readAt(file, primaryDescriptorSector * sectorBytes, sectorBytes);
  if (sector.length < sectorBytes || sector[0] !== 1 || sector.toString('latin1', 1, 6) !== 'CD001') return undefined;
  const text = (start: number, length: number): string => sector.toString('latin1', start, start + length).trimEnd();
  return {
    volid: text(40, 32),
    size: sector.readUInt32LE(80) * sectorBytes,
    applicationUse: text(applicationUse.offset, applicationUse.length),
  };
};
