/**
 * Reads bootable media, ISO images and what is written to sticks, without mounting them and without tools: the ISO 9660
 * volume and its files, the El Torito boot catalog, the master boot record and the GPT, files of a FAT, and the MD5 that isomd5sum
 * implants. Nothing of a medium is believed: every offset and size is bounded, and a damaged structure is a fact in the
 * result, never an exception. What follows from the facts is for the callers to judge.
 */
export type { BootCatalog, BootEntry } from './el-torito.ts';
export { readBootCatalog } from './el-torito.ts';
export type { ImplantedMd5 } from './implanted-md5.ts';
export { readImplantedMd5 } from './implanted-md5.ts';
export { fatHasFile } from './fat.ts';
export type { ByteSource, Extent, Volume } from './iso9660.ts';
export { SECTOR_BYTES, findIsoFile, readBytes, readIsoFile, readSector, readVolume } from './iso9660.ts';
export type { Gpt, Partition, Partitions } from './partitions.ts';
export { readPartitionEntries, readPartitions } from './partitions.ts';
