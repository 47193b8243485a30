import { constants } from 'node:fs';
import { copyFile, link, open, rm } from 'node:fs/promises';
import { codeOf } from '@phyllome/host';
import { digestOfPlainFile, type FileDigest, openPlainFile } from '@phyllome/host/plain-file';

/** How a file came to another place: sharing its blocks, sharing its inode, or by all of its bytes. */
export type Transfer = 'reflink' | 'hard link' | 'copy';

/**
 * Brings a plain file to a new path on the cheapest way there is.
 *
 * A reflink first: the files share blocks and nothing else, so that an edit of one is none of the other. Else a hard
 * link, which costs as little, and whose edits show ({@link proveFile}). Across file systems, and on those that can do
 * neither, a copy.
 *
 * @returns how; a copy also with the digest of what was copied, which costs no second reading
 * @throws {PlainFileError} when `from` is not a plain file
 */
export async function transfer(
  from: string,
  to: string,
  { signal, only }: { signal?: AbortSignal | undefined; only?: Transfer } = {},
): Promise<{ how: Transfer; copied?: FileDigest }> {
  if (only !== 'copy') {
    if (await cloned(from, to)) return { how: 'reflink' };
    // link(2) does not follow a symbolic link: what it links is what is proven afterwards.
    if (await succeeds(link(from, to), to)) return { how: 'hard link' };
  }
  await using target = await open(to, 'wx', 0o644);
  const copied = await digestOfPlainFile(from, { signal, onChunk: (chunk) => writeAll(target, chunk) });
  await target.sync();
  return { how: 'copy', copied: { size: copied.size, sha256: copied.sha256 } };
}

async function cloned(from: string, to: string): Promise<boolean> {
  const { handle } = await openPlainFile(from);
  await using _ = handle;
  // By its descriptor: by its path, a symbolic link that came in its place would be followed (proc(5), /proc/pid/fd).
  const opened = `/proc/self/fd/${handle.fd}`;
  return await succeeds(copyFile(opened, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE), to);
}

/** What file systems say when they cannot do it this way: another file system, no such operation, too many links. */
const notThisWay = new Set(['EXDEV', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'ENOTTY', 'EPERM', 'EMLINK']);

async function succeeds(attempt: Promise<void>, made: string): Promise<boolean> {
  try {
    await attempt;
    return true;
  } catch (error) {
    if (!notThisWay.has(codeOf(error) ?? '')) throw error;
    // copyFile leaves an empty file where the file system cannot clone.
    await rm(made, { force: true });
    return false;
  }
}

async function writeAll(
  target: { write(buffer: Buffer, offset: number, length: number): Promise<{ bytesWritten: number }> },
  chunk: Buffer,
): Promise<void> {
  for (let done = 0; done < chunk.length;) done += (await target.write(chunk, done, chunk.length - done)).bytesWritten;
}
