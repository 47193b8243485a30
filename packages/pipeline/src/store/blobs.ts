import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  digestOfPlainFile,
  type FileDigest,
  type FileState,
  PlainFileError,
  stateOfPlainFile,
} from '@phyllome/host/plain-file';
import { blobPath, type ImageStore, incomingPath, pathsOf } from './directories.ts';
import { asStoreError, StoreError } from './errors.ts';
import { noteOf, type Proof, proveFile, removeNote, writeNote } from './proof.ts';
import { type Transfer, transfer } from './transfer.ts';

/** Is the blob there, and what it should be? See {@link proveFile}. Nothing is changed. */
export async function proveBlob(
  store: ImageStore,
  blob: FileDigest,
  options: { signal?: AbortSignal | undefined; full?: boolean } = {},
): Promise<Proof> {
  const note = { directory: pathsOf(store).proofs, name: blob.sha256 };
  return proveFile(blobPath(store, blob.sha256), blob, note, options);
}

/**
 * Is the blob there, and what it should be? One that is not is put aside, and is as good as none.
 *
 * @param onDamage is called with a sentence about it
 */
export async function haveBlob(
  store: ImageStore,
  blob: FileDigest,
  {
    signal,
    full,
    onDamage,
  }: { signal?: AbortSignal | undefined; full?: boolean; onDamage?: ((message: string) => void) | undefined } = {},
): Promise<boolean> {
  const proof = await proveBlob(store, blob, { signal, ...(full === undefined ? {} : { full }) });
  if (proof.is !== 'wrong') return proof.is === 'proven';
  const aside = await quarantine(store, blob.sha256);
  onDamage?.(`${blobPath(store, blob.sha256)} ${proof.what}: it is damaged, and was moved to ${aside}`);
  return false;
}

/** Moves what is in a blob's place out of the way, whatever it is: a link itself, not what it leads to. */
export async function quarantine(store: ImageStore, hex: string): Promise<string> {
  const { quarantine: directory, proofs } = pathsOf(store);
  const aside = join(directory, `${hex}.${randomUUID().slice(0, 8)}`);
  await rename(blobPath(store, hex), aside).catch((error: NodeJS.ErrnoException) => {
    // Another process was faster.
    if (error.code !== 'ENOENT') throw asStoreError(store.root, error);
  });
  await removeNote(proofs, hex);
  return aside;
}

/**
 * Takes a file into the store. It is read from end to end, and only enters when it is what it should be. The file stays
 * where it is, and shares its blocks or its inode with the blob where that is possible: then it is read-only from now on.
 *
 * @param only the way it comes in; without it, the cheapest
 * @returns how it came in; undefined when the blob was there already
 * @throws {StoreError} BLOB_DIFFERS, STORE_FULL, STORE_UNWRITABLE
 * @throws {PlainFileError} when it is not a plain file
 */
export async function addFile(
  store: ImageStore,
  path: string,
  blob: FileDigest,
  { signal, only }: { signal?: AbortSignal | undefined; only?: Transfer } = {},
): Promise<Transfer | undefined> {
  if (await haveBlob(store, blob, { signal })) return undefined;
  const incoming = incomingPath(store);
  try {
    const { how, copied } = await transfer(path, incoming, { signal, ...(only === undefined ? {} : { only }) });
    await enter(store, incoming, blob, copied ?? (await digestOfPlainFile(incoming, { signal })), path);
    return how;
  } catch (error) {
    throw asStoreError(store.root, error);
  } finally {
    await rm(incoming, { force: true });
  }
}

/** Takes a short text into the store. */
export async function addText(store: ImageStore, text: string, blob: FileDigest): Promise<void> {
  if (await haveBlob(store, blob)) return;
  const incoming = incomingPath(store);
  try {
    await writeFile(incoming, text, { flag: 'wx' });
    await enter(store, incoming, blob, await digestOfPlainFile(incoming), 'a text');
  } catch (error) {
    throw asStoreError(store.root, error);
  } finally {
    await rm(incoming, { force: true });
  }
}

/** Gives a file that was read its place among the blobs, if it is what it should be. */
async function enter(
  store: ImageStore,
  incoming: string,
  blob: FileDigest,
  found: FileDigest & { state?: FileState },
  from: string,
): Promise<void> {
  if (found.sha256 !== blob.sha256 || found.size !== blob.size)
    throw new StoreError(
      'BLOB_DIFFERS',
      `${from} has ${found.size} bytes with the SHA-256 ${found.sha256}, not ${blob.size} with ${blob.sha256}`,
      { hint: 'it was changed since it was made: build it again' },
    );
  const read = found.state ?? (await stateOfPlainFile(incoming));
  await makeReadOnly(incoming);
  const path = blobPath(store, blob.sha256);
  await rename(incoming, path);
  // Renaming and linking change the time of the last change of status, which a note has: it is taken now.
  const state = await stateOfPlainFile(path);
  if (state !== undefined && state.inode === read?.inode && state.mtimeNs === read.mtimeNs)
    await writeNote(pathsOf(store).proofs, blob.sha256, noteOf(blob.sha256, state, { now: Date.now() }));
}

/** By its descriptor: by its path, chmod(2) would follow a symbolic link that came in its place. */
export async function makeReadOnly(path: string): Promise<void> {
  await using handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const found = await handle.stat();
  if (!found.isFile()) throw new PlainFileError('NOT_PLAIN', path, 'is not a plain file');
  if ((found.mode & 0o777) !== 0o444) await handle.chmod(0o444);
}
