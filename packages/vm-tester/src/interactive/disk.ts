import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { VmTesterError } from '../errors.ts';
import { createQcow2 } from '../qemu/create-disk.ts';

/** A disk that outlives its machine. */
export interface KeptDisk {
  argv: string[];
  /** UEFI's variables, which say what to boot from it, are kept beside it. */
  vars: string;
}

/**
 * Makes the disk when it is not there, as qcow2: it takes the space that the guest fills.
 * @throws {VmTesterError} DISK_FAILED
 */
export async function keepDisk({ path, sizeGiB }: { path: string; sizeGiB: number }): Promise<KeptDisk> {
  const filename = resolve(path);
  if (!existsSync(filename)) {
    await createQcow2(filename, `${sizeGiB}G`).catch((cause: unknown) => {
      throw new VmTesterError('DISK_FAILED', `cannot make the disk ${filename}`, {
        hint: 'check its folder, and that ./setup ran, which installs qemu-img',
        cause,
      });
    });
  }
  const blockdev = JSON.stringify({ driver: 'qcow2', 'node-name': 'kept', file: { driver: 'file', filename } });
  return {
    argv: ['-blockdev', blockdev, '-device', 'virtio-blk-pci,drive=kept,bootindex=1'],
    vars: `${filename}.vars.fd`,
  };
}
