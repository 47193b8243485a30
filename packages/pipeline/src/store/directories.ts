import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, realpath, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@phyllome/host/json';
import { isAlive, ownOwner, parseOwner } from '@phyllome/host';
import { kindOf, PlainFileError, readPlainFile } from '@phyllome/host/plain-file';
import writeFileAtomic from 'write-file-atomic';
import { asStoreError, StoreError } from './errors.ts';
import { layoutSchema } from './layout.ts';
import { type ImageStore, pathsOf } from './paths.ts';

export { blobPath, type ImageStore, openStore, pathsOf, type StorePaths } from './paths.ts';

/** A path for a file in the making; {@link removeUnfinished} knows by its name that its process is gone. */
export function incomingPath(store: ImageStore): string {
  return join(pathsOf(store).incoming, `${ownOwner}~${randomUUID()}.part`);
}

/**
 * Makes the store's directories, where they are not there yet. The root itself may be a symbolic link, which is a way
 * to put the store elsewhere; nothing below it may be one.
 *
 * @throws {StoreError} STORE_UNWRITABLE, STORE_FULL, STORE_INVALID
 */
export async function makeDirectories(store: ImageStore): Promise<void> {
  const { layout, blobs, proofs, placed, incoming, quarantine, building, shared, upToDate } = pathsOf(store);
  try {
    await mkdir(store.root, { recursive: true });
    for (const path of [
      join(store.root, 'blobs'),
      blobs,
      join(store.root, 'local'),
      proofs,
      placed,
      incoming,
      quarantine,
    ])
      await requireDirectory(store, path);
    // Made when they are needed.
    for (const path of [building, shared, upToDate]) await requireNoOther(store, path);
    await requireLayout(store, layout);
  } catch (error) {
    throw asStoreError(store.root, error);
  }
}

/** Is there a store, or something else in its place? Nothing is made. */
export async function storeExists(store: ImageStore): Promise<boolean> {
  const root = await stat(store.root).catch(() => undefined);
  if (root?.isDirectory() !== true) return root !== undefined;
  const parts = [pathsOf(store).earlier, join(store.root, 'blobs'), join(store.root, 'local')];
  const there = await Promise.all(parts.map((path) => lstat(path).catch(() => undefined)));
  return there.some((entry) => entry !== undefined);
}

async function requireDirectory(store: ImageStore, path: string): Promise<void> {
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await requireNoOther(store, path);
}

/** @throws {StoreError} STORE_INVALID when something else than a directory is there */
async function requireNoOther(store: ImageStore, path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined || found.isDirectory()) return;
  throw invalid(store, `${path} is ${kindOf(found)}`);
}

async function requireLayout(store: ImageStore, path: string): Promise<void> {
  let text: string;
  try {
    text = String(await readPlainFile(path, 4096));
  } catch (error) {
    if (!(error instanceof PlainFileError)) throw error;
    if (error.code !== 'ENOENT') throw invalid(store, error.message);
    await writeFileAtomic(path, '{"imageLayoutVersion":"1.0.0"}\n');
    return;
  }
  try {
    layoutSchema.parse(parseJson(text));
  } catch (cause) {
    throw invalid(store, `${path} does not say that it is an OCI image layout 1.0.0`, cause);
  }
}

function invalid(store: ImageStore, message: string, cause?: unknown): StoreError {
  return new StoreError('STORE_INVALID', `the image store ${store.root} cannot be used: ${message}`, {
    hint: 'move it away, or set PHYLLOME_STORE to another place',
    cause,
  });
}

/**
 * Can the store take an ISO of about `bytes`, which will be in `destination` first? Asked before a build, which takes
 * long: the answer would be the same after it.
 *
 * @throws {StoreError} STORE_UNWRITABLE, STORE_FULL, STORE_INVALID
 */
export async function checkStore(
  store: ImageStore,
  { bytes, destination }: { bytes: number; destination: string },
): Promise<void> {
  await makeDirectories(store);
  const probe = incomingPath(store);
  try {
    await writeFile(probe, 'x', { flag: 'wx' });
  } catch (error) {
    throw asStoreError(store.root, error);
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
  // On the file system of the destination, the store shares the ISO's blocks.
  if (await sameFileSystem(store.root, destination)) return;
  const { bavail, bsize } = await statfs(store.root);
  // What is needed may be unknown.
  if (Number.isNaN(bytes) || bavail * bsize >= bytes) return;
  throw new StoreError(
    'STORE_FULL',
    `the image store ${store.root} has ${gib(bavail * bsize)} GiB free, and the ISO may need ${gib(bytes)}`,
    { hint: 'phyllome store gc makes room; or set PHYLLOME_STORE to another place' },
  );
}

function gib(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}

/** @param other need not exist: then the nearest directory above it counts */
async function sameFileSystem(directory: string, other: string): Promise<boolean> {
  const { dev } = await stat(directory);
  for (let at = other; ; at = join(at, '..')) {
    const found = await realpath(at)
      .then((path) => stat(path))
      .catch(() => undefined);
    if (found !== undefined) return found.dev === dev;
    if (at === '/') return false;
  }
}

/**
 * Removes files that processes which are gone did not finish.
 *
 * @param dryRun removes nothing
 * @returns how many there were
 */
export async function removeUnfinished(store: ImageStore, { dryRun = false } = {}): Promise<number> {
  const { incoming, earlier } = pathsOf(store);
  let removed = 0;
  for (const name of await namesIn(incoming)) {
    const owner = parseOwner(name);
    if (owner === undefined || isAlive(owner)) continue;
    // A transfer to or from a registry is a directory.
    if (!dryRun) await rm(join(incoming, name), { recursive: true, force: true });
    removed += 1;
  }
  // Earlier versions did not say whose they are; they do not run any more.
  for (const name of await namesIn(earlier)) {
    if (!name.endsWith('.part')) continue;
    if (!dryRun) await rm(join(earlier, name), { force: true });
    removed += 1;
  }
  return removed;
}

/** Names in a directory; none when there is no such directory. */
export async function namesIn(path: string): Promise<string[]> {
  return readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
}
