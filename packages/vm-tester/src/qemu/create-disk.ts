import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { VmTesterError } from '../errors.ts';
import type { DiskImage } from './media.ts';

/**
 * Makes a qcow2 file: of a size, as `512M`, or over an image that stays as it is.
 * @throws {VmTesterError} QEMU_MISSING
 */
export async function createQcow2(path: string, size: string | undefined, backing?: DiskImage): Promise<void> {
  const below = backing ? ['-b', backing.disk, '-F', backing.format] : [];
  const words = ['create', '-q', '-f', 'qcow2', ...below, path, ...(size === undefined ? [] : [size])];
  await promisify(execFile)('qemu-img', words).catch((cause: unknown) => {
    throw new VmTesterError('QEMU_MISSING', `qemu-img cannot create a disk: ${String(cause)}`, {
      hint: 'run ./setup, which installs it; check the free space in the temporary directory',
      cause,
    });
  });
}
