import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { type Architecture, architectures, removableLoader } from '@phyllome/host/architecture';
import { type ByteSource, fatHasFile, findIsoFile, readPartitionEntries } from '@phyllome/medium';
import type { DiskImage, Image } from '../qemu/media.ts';
import { readQcow2 } from '../qemu/read-qcow2.ts';
import { ARM_KERNEL } from './kernels.ts';

/** Partitions with a root or /usr for one architecture (UAPI's Discoverable Partitions Specification). */
const SYSTEM_PARTITIONS: ReadonlyMap<Architecture, readonly string[]> = new Map<Architecture, readonly string[]>([
  [architectures.x86_64, ['4f68bce3-e8cd-4db1-96e7-fbcaf984b709', '8484680c-9521-48c6-9c11-b0720656f69e']],
  [architectures.aarch64, ['b921b045-1df0-41c3-af44-4c6f280d3fae', 'b0e01050-ee5f-4390-949a-9101b17104e9']],
]);

/**
 * Whose machine code an image has, as far as its bytes say so: a kernel by its header, an ISO by the EFI programs on
 * it, a disk by those in its EFI system partition or, where it has none, by the types of its partitions. Everything else
 * is taken for a PC's unless the user says otherwise.
 */
export async function architectureOf(image: Image): Promise<Architecture> {
  const [pc, arm] = [architectures.x86_64, architectures.aarch64];
  if ('kernel' in image) return (await isArmKernel(image.kernel)) ? arm : pc;
  if ('disk' in image) return (await isArmDisk(image)) ? arm : pc;
  if (!('iso' in image)) return pc;
  await using file = await openFile(image.iso);
  if (!file) return pc;
  const boots = async (architecture: Architecture) =>
    (await findIsoFile(file, `EFI/BOOT/${removableLoader(architecture)}`)) !== undefined;
  return !(await boots(pc)) && (await boots(arm)) ? arm : pc;
}

/** Undefined for what cannot be read, or is a directory: that is for others to refuse. */
async function openFile(path: string): Promise<FileHandle | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!(await file?.stat())?.isDirectory()) return file;
  await file?.close();
  return undefined;
}

async function isArmDisk({ disk, format }: DiskImage): Promise<boolean> {
  if (format === 'qcow2') return await isForArm(readQcow2(disk));
  await using file = await openFile(disk);
  return file !== undefined && (await isForArm(file));
}

async function isForArm(disk: ByteSource): Promise<boolean> {
  const [pc, arm] = [architectures.x86_64, architectures.aarch64];
  const partitions = await readPartitionEntries(disk);
  const has = async (architecture: Architecture) => {
    for (const { startBytes } of partitions.filter(({ esp }) => esp))
      if (await fatHasFile(disk, startBytes, `EFI/BOOT/${removableLoader(architecture)}`)) return true;
    return false;
  };
  const boots = { pc: await has(pc), arm: await has(arm) };
  if (boots.pc || boots.arm) return !boots.pc;
  const isOf = (one: Architecture) => partitions.some(({ type }) => SYSTEM_PARTITIONS.get(one)?.includes(type));
  return isOf(arm) && !isOf(pc);
}

async function isArmKernel(path: string): Promise<boolean> {
  const { offset, magic } = ARM_KERNEL;
  await using file = await openFile(path);
  const head = await file?.read(Buffer.alloc(magic.length), 0, magic.length, offset);
  return head?.buffer.toString('latin1') === magic;
}
