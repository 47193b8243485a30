import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';

/**
 * Reading files that somebody else may have put there. Only plain files are read: a symbolic link is not followed, a
 * FIFO does not block, a device is not opened. And no more is read than was asked for: a file that grows while it is
 * read, or is larger than it should be, ends in an error instead of a full memory.
 */

/** Why a path was not read. `code` is ENOENT where nothing is there, as Node's own errors have it. */
export type PlainFileCode = 'ENOENT' | 'NOT_PLAIN' | 'TOO_LARGE' | 'CHANGED';

/** What is at a path is not what can be read as a plain file. */
export class PlainFileError extends Error {
  override readonly name = 'PlainFileError';
  readonly code: PlainFileCode;
  /** In the words of a sentence that begins with the path, as `is a symbolic link`. */
  readonly what: string;

  constructor(code: PlainFileCode, path: string, what: string) {
    super(`${path} ${what}`);
    this.code = code;
    this.what = what;
  }
}

/** What distinguishes a file from another one, and from itself after a change. Times are in nanoseconds. */
export interface FileState {
  readonly size: number;
  readonly device: bigint;
  readonly inode: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  /** Names of the file. */
  readonly links: number;
}

/** What a file is known by. */
export interface FileDigest {
  /** Bytes. */
  size: number;
  /** In hexadecimal. */
  sha256: string;
}

/** Bytes that are read at a time. */
const chunkBytes = 1024 * 1024;

/**
 * What a plain file is; undefined when nothing is there.
 *
 * @throws {PlainFileError} NOT_PLAIN when it is something else than a plain file
 */
export async function stateOfPlainFile(path: string): Promise<FileState | undefined> {
  const found = await lstat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  if (!found.isFile()) throw new PlainFileError('NOT_PLAIN', path, `is ${kindOf(found)}`);
  return stateOf(found);
}

/**
 * Opens a plain file for reading. The caller closes the handle.
 *
 * @throws {PlainFileError} ENOENT, NOT_PLAIN
 */
export async function openPlainFile(path: string): Promise<{ handle: FileHandle; state: FileState }> {
  // Looked at first: opening a device may already do something. Looked at again when it is open: it may be another now.
  if ((await stateOfPlainFile(path)) === undefined) throw new PlainFileError('ENOENT', path, 'is not there');
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
  const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ELOOP') throw new PlainFileError('NOT_PLAIN', path, 'is a symbolic link');
      if (error.code === 'ENOENT') throw new PlainFileError('ENOENT', path, 'is not there');
      throw error;
    },
  );
  try {
    const found = await handle.stat({ bigint: true });
    if (!found.isFile()) throw new PlainFileError('NOT_PLAIN', path, `is ${kindOf(found)}`);
    return { handle, state: stateOf(found) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Reads a plain file of at most `limit` bytes.
 *
 * @throws {PlainFileError} ENOENT, NOT_PLAIN, TOO_LARGE, CHANGED when it grew while it was read
 */
export async function readPlainFile(path: string, limit: number): Promise<Buffer> {
  const { handle, state } = await openPlainFile(path);
  await using _ = handle;
  if (state.size > limit)
    throw new PlainFileError('TOO_LARGE', path, `has ${state.size} bytes, and at most ${limit} are read`);
  const chunks: Buffer[] = [];
  await readAll(handle, state, path, (chunk) => void chunks.push(Buffer.from(chunk)));
  return Buffer.concat(chunks);
}

/**
 * Reads a plain file from end to end, in constant memory.
 *
 * @param onChunk gets each part before the next one is read, and does not keep it
 * @returns its digest, and what it was when it was opened
 * @throws {PlainFileError} ENOENT, NOT_PLAIN, CHANGED when its size or time changed while it was read
 * @throws the signal's reason when aborted
 */
export async function digestOfPlainFile(
  path: string,
  {
    signal,
    onChunk,
  }: { signal?: AbortSignal | undefined; onChunk?: ((chunk: Buffer) => Promise<unknown>) | undefined } = {},
): Promise<FileDigest & { state: FileState }> {
  const { handle, state } = await openPlainFile(path);
  await using _ = handle;
  const hash = createHash('sha256');
  await readAll(handle, state, path, async (chunk) => {
    signal?.throwIfAborted();
    hash.update(chunk);
    await onChunk?.(chunk);
  });
  const after = stateOf(await handle.stat({ bigint: true }));
  if (after.size !== state.size || after.mtimeNs !== state.mtimeNs)
    throw new PlainFileError('CHANGED', path, 'changed while it was read');
  return { size: state.size, sha256: hash.digest('hex'), state };
}

/** Reads as many bytes as the file had when it was opened. */
async function readAll(
  handle: FileHandle,
  { size }: FileState,
  path: string,
  onChunk: (chunk: Buffer) => Promise<void> | void,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, size + 1));
  for (let position = 0; ;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    position += bytesRead;
    if (position > size) throw new PlainFileError('CHANGED', path, 'grew while it was read');
    if (bytesRead > 0) await onChunk(buffer.subarray(0, bytesRead));
    else if (position < size) throw new PlainFileError('CHANGED', path, 'shrank while it was read');
    else return;
  }
}

interface BigStats {
  size: bigint;
  dev: bigint;
  ino: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  nlink: bigint;
}

function stateOf({ size, dev, ino, mtimeNs, ctimeNs, nlink }: BigStats): FileState {
  return { size: Number(size), device: dev, inode: ino, mtimeNs, ctimeNs, links: Number(nlink) };
}

/** What is there instead of a plain file. */
export function kindOf(entry: {
  isSymbolicLink(): boolean;
  isDirectory(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
  isFile(): boolean;
}): string {
  if (entry.isFile()) return 'a plain file';
  if (entry.isSymbolicLink()) return 'a symbolic link';
  if (entry.isDirectory()) return 'a directory';
  if (entry.isFIFO()) return 'a FIFO';
  return entry.isSocket() ? 'a socket' : 'a device';
}
