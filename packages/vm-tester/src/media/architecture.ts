import { open } from 'node:fs/promises';
import { type Architecture, architectures, removableLoader } from '@phyllome/host/architecture';
import { findIsoFile } from '@phyllome/medium';
import type { Image } from '../qemu/media.ts';
import { ARM_KERNEL } from './open-medium.ts';

/**
 * Whose machine code an image has, as far as its bytes say so: a kernel by its header, an ISO by the EFI programs on it.
 * A disk, and everything else, is taken for a PC's unless the user says otherwise.
 */
export async function architectureOf(image: Image): Promise<Architecture> {
  const [pc, arm] = [architectures.x86_64, architectures.aarch64];
  if ('kernel' in image) return (await isArmKernel(image.kernel)) ? arm : pc;
  if (!('iso' in image)) return pc;
  await using file = await open(image.iso, 'r').catch(() => undefined);
  if (!file) return pc; // for others to refuse
  const boots = async (architecture: Architecture) =>
    (await findIsoFile(file, `EFI/BOOT/${removableLoader(architecture)}`)) !== undefined;
  return !(await boots(pc)) && (await boots(arm)) ? arm : pc;
}

async function isArmKernel(path: string): Promise<boolean> {
  const { offset, magic } = ARM_KERNEL;
  await using file = await open(path, 'r').catch(() => undefined);
  const head = await file?.read(Buffer.alloc(magic.length), 0, magic.length, offset);
  return head?.buffer.toString('latin1') === magic;
}
