import type { FileHandle } from 'node:fs/promises';
import { findIsoFile, readBytes, SECTOR_BYTES } from '@phyllome/medium';
import type { Report } from './report.ts';

/** Where live media keep their root: dracut's dmsquash-live, Anaconda's installer, casper, live-boot. */
const PLACES = [
  'LiveOS/squashfs.img',
  'LiveOS/rootfs.img',
  'images/install.img',
  'casper/filesystem.squashfs',
  'live/filesystem.squashfs',
];

/** Bytes that hold every superblock looked for. */
const HEAD_BYTES = 4096;
const EXT4_MAGIC = { offset: 1024 + 56, value: 0xef53 };

/** Is a live medium's root inside the file, and does it begin as a file system that is at most as large as its file? */
export async function inspectLiveRoot(file: FileHandle, isoBytes: number, problem: Report): Promise<void> {
  for (const path of PLACES) {
    const extent = await findIsoFile(file, path);
    if (!extent) continue;
    const endBytes = extent.sector * SECTOR_BYTES + extent.sizeBytes;
    if (endBytes > isoBytes) {
      problem('live-root', `${path} ends at ${endBytes}, beyond the file's ${isoBytes} bytes`);
      continue;
    }
    const wrong = superblockProblem(await readBytes(file, extent.sector * SECTOR_BYTES, HEAD_BYTES), extent.sizeBytes);
    if (wrong) problem('live-root', `${path} ${wrong}`);
  }
}

/** What is wrong with a file system by its first bytes, in a file of that size; undefined when nothing is. */
export function superblockProblem(head: Buffer, sizeBytes: number): string | undefined {
  if (head.toString('latin1', 0, 4) === 'hsqs') return squashfsProblem(head, sizeBytes);
  if (head.readUInt32LE(1024) === 0xe0f5e1e2) return erofsProblem(head.subarray(1024), sizeBytes);
  if (head.readUInt16LE(EXT4_MAGIC.offset) === EXT4_MAGIC.value) return undefined;
  return 'begins with no superblock of squashfs, EROFS or ext4';
}

/** The kernel's fs/squashfs/squashfs_fs.h. */
function squashfsProblem(head: Buffer, sizeBytes: number): string | undefined {
  const [major, blockBytes, blockLog] = [head.readUInt16LE(28), head.readUInt32LE(12), head.readUInt16LE(22)];
  if (major !== 4) return `is squashfs version ${major}, which no kernel of today reads`;
  if (blockBytes !== 2 ** blockLog) return `has a damaged squashfs superblock: ${blockBytes} is not 2^${blockLog}`;
  const used = head.readBigUInt64LE(40);
  return used > sizeBytes ? `is a squashfs of ${used} bytes in a file of ${sizeBytes}: it is cut short` : undefined;
}

/** The kernel's fs/erofs/erofs_fs.h. */
function erofsProblem(superblock: Buffer, sizeBytes: number): string | undefined {
  const blockBits = superblock[12] ?? 0;
  if (blockBits < 9 || blockBits > 16) return `has a damaged EROFS superblock: its blocks are of 2^${blockBits} bytes`;
  const used = superblock.readUInt32LE(36) * 2 ** blockBits;
  return used > sizeBytes ? `is an EROFS of ${used} bytes in a file of ${sizeBytes}: it is cut short` : undefined;
}
