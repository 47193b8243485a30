/** A file, or with no content a directory. */
export interface CpioEntry {
  path: string;
  content?: string | Buffer;
  mode?: number;
}

/** An initramfs of its own (the kernel's Documentation/driver-api/early-userspace/buffer-format.rst): the `newc` format. */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const all = [...entries, { path: 'TRAILER!!!', content: '', mode: 0 }];
  return pad(Buffer.concat(all.map(member)), 512);
}

function member(entry: CpioEntry, index: number): Buffer {
  const { path, content } = entry;
  const data = Buffer.from(content ?? '');
  const mode = content === undefined ? 0o040_755 : 0o100_000 | (entry.mode ?? 0o644);
  const name = Buffer.from(`${path}\0`);
  // Inode, mode, uid, gid, links, mtime, size, device, device of a device file, length of the name, checksum.
  const fields = [index + 1, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([pad(Buffer.concat([Buffer.from(header), name]), 4), pad(data, 4)]);
}

function pad(bytes: Buffer, multiple: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((multiple - (bytes.length % multiple)) % multiple)]);
}
