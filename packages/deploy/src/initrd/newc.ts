import { type CpioEntry, cpio } from '@phyllome/vm-tester/qemu';
import { DeployError } from '../errors.ts';

/** A file to be unpacked into the initramfs. */
export interface InitrdFile {
  /** Without a leading slash: `flat-dhi.cfg`, `etc/x/y`. Folders above it are made. */
  path: string;
  content: Buffer | string;
  /** Default 0644. */
  mode?: number;
}

/** The end mark of an archive: no file may be called so. */
const TRAILER = 'TRAILER!!!';

/** The kernel reads an archive only at an address divisible by four (init/initramfs.c). */
const ALIGNMENT = 4;

/**
 * An archive of files as the kernel unpacks it, with the folders above them. Root owns everything, and nothing has a
 * time: equal files give equal bytes.
 *
 * @throws {DeployError} NAME_INVALID for a path that is absolute, leaves the initramfs, or is the archive's own end mark
 */
export function newc(files: readonly InitrdFile[]): Buffer {
  const folders = new Set<string>();
  for (const { path } of files) {
    checkPath(path);
    const names = path.split('/');
    for (let depth = 1; depth < names.length; depth += 1) folders.add(names.slice(0, depth).join('/'));
  }
  const entries: CpioEntry[] = [...[...folders].map((path) => ({ path })), ...files];
  return cpio(entries);
}

/** Zeros up to the next place where an archive may begin. */
export const paddingAfter = (length: number): Buffer => Buffer.alloc((ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT);

function checkPath(path: string): void {
  const names = path.split('/');
  if (path !== TRAILER && !path.includes('\0') && names.every((name) => name !== '' && name !== '.' && name !== '..'))
    return;
  throw new DeployError('NAME_INVALID', `${JSON.stringify(path)} cannot be the path of a file in the initramfs`, {
    hint: 'use a relative path such as flat-dhi.cfg',
  });
}
