/** A file; with no content a directory; with a `link` a symbolic one to there. Parents come before what is in them. */
export interface CpioEntry {
  path: string;
  content?: string | Buffer;
  mode?: number;
  link?: string;
}

/** An initramfs of its own (the kernel's Documentation/driver-api/early-userspace/buffer-format.rst): the `newc` format. */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const members = entries.map((entry, index) => member(entry.path, modeOf(entry), entry.link ?? entry.content, index));
  return pad(Buffer.concat([...members, member('TRAILER!!!', 0, '', entries.length)]), 512);
}

function modeOf({ content, mode, link }: CpioEntry): number {
  if (link !== undefined) return 0o120_777;
  return content === undefined ? 0o040_755 : 0o100_000 | (mode ?? 0o644);
}

function member(path: string, mode: number, content: string | Buffer | undefined, index: number): Buffer {
  const data = Buffer.from(content ?? '');
  const name = Buffer.from(`${path}\0`);
  // Inode, mode, uid, gid, links, mtime, size, device, device of a device file, length of the name, checksum.
  const fields = [index + 1, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([pad(Buffer.concat([Buffer.from(header), name]), 4), pad(data, 4)]);
}

function pad(bytes: Buffer, multiple: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((multiple - (bytes.length % multiple)) % multiple)]);
}
