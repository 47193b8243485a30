import { DeployError } from '../errors.ts';

/** A file to be unpacked into the initramfs. */
export interface InitrdFile {
  /** Without a leading slash: `flat-dhi.cfg`, `etc/x/y`. Folders above it are made. */
  path: string;
  content: Buffer | string;
  /** Default 0644. */
  mode?: number;
}

const MAGIC = '070701';
const S_IFREG = 0o100_000;
const S_IFDIR = 0o040_000;
const TRAILER = 'TRAILER!!!';
/** The kernel reads an archive only at an address divisible by four (init/initramfs.c). */
export const ALIGNMENT = 4;

/**
 * A cpio archive in the `newc` format, the only one that the kernel unpacks (Documentation/driver-api/early-userspace/
 * buffer-format.rst): root owns everything, nothing has a time, so equal files give equal bytes.
 *
 * @throws {DeployError} NAME_INVALID for a path that is absolute, leaves the initramfs, or is the archive's own end mark
 */
export function newc(files: readonly InitrdFile[]): Buffer {
  const parts: Buffer[] = [];
  const folders = new Set<string>();
  let inode = 0;
  const add = (name: string, mode: number, content: Buffer): void => {
    parts.push(entry({ inode: (inode += 1), mode, links: mode & S_IFDIR ? 2 : 1 }, name, content));
  };
  for (const { path, content, mode = 0o644 } of files) {
    checkPath(path);
    const names = path.split('/');
    for (let depth = 1; depth < names.length; depth += 1) {
      const folder = names.slice(0, depth).join('/');
      if (folders.has(folder)) continue;
      folders.add(folder);
      add(folder, S_IFDIR | 0o755, Buffer.alloc(0));
    }
    add(path, S_IFREG | mode, Buffer.from(content));
  }
  parts.push(entry({ inode: 0, mode: 0, links: 1 }, TRAILER, Buffer.alloc(0)));
  return Buffer.concat(parts);
}

/** Zeros up to the next place where an archive may begin. */
export const paddingAfter = (length: number): Buffer => Buffer.alloc((ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT);

function entry(
  { inode, mode, links }: { inode: number; mode: number; links: number },
  name: string,
  content: Buffer,
): Buffer {
  const nameBytes = Buffer.from(`${name}\0`);
  const owner = 0;
  const time = 0;
  const device = 0;
  const checksum = 0;
  // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
  const fields = [
    inode,
    mode,
    owner,
    owner,
    links,
    time,
    content.length,
    device,
    device,
    device,
    device,
    nameBytes.length,
    checksum,
  ];
  const header = Buffer.from(MAGIC + fields.map((field) => field.toString(16).padStart(8, '0')).join(''));
  const named = Buffer.concat([header, nameBytes]);
  return Buffer.concat([named, paddingAfter(named.length), content, paddingAfter(content.length)]);
}

function checkPath(path: string): void {
  const names = path.split('/');
  if (path !== TRAILER && !path.includes('\0') && names.every((name) => name !== '' && name !== '.' && name !== '..'))
    return;
  throw new DeployError('NAME_INVALID', `${JSON.stringify(path)} cannot be the path of a file in the initramfs`, {
    hint: 'use a relative path such as flat-dhi.cfg',
  });
}
