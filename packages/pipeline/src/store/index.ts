import { constants } from 'node:fs';
import { chmod, copyFile, link, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { cacheDirectory } from '@phyllome/host';

/**
 * Where ISOs live, once each, named by their sha256. It lies beside Nx's cache and not in it: Nx copies what it
 * caches and reads it into memory to send it anywhere, which suits a manifest and not an ISO. Like Nx's cache it is
 * shared by all clones of a user, so that a cache hit in one finds the ISO that another built.
 */
export interface ImageStore {
  root: string;
}

/** What identifies an ISO in the store. `size` is in bytes. */
export interface StoredIso {
  sha256: string;
  size: number;
}

/** The user's store: `PHYLLOME_STORE`, or `phyllome/store` in the XDG cache directory. */
export function openStore(env: NodeJS.ProcessEnv): ImageStore {
  return { root: env['PHYLLOME_STORE'] || join(cacheDirectory(env), 'store') };
}

/** Puts the ISO at `path` into the store; the file at `path` stays, and shares the blob's inode where it can. */
export async function addIso(store: ImageStore, iso: StoredIso, path: string): Promise<void> {
  await place(path, blobPath(store, iso));
}

/** Is this ISO in the store, whole? */
export async function hasIso(store: ImageStore, iso: StoredIso): Promise<boolean> {
  const found = await stat(blobPath(store, iso)).catch(() => undefined);
  return found?.size === iso.size;
}

/** Makes `destination` the stored ISO, atomically; one that is that already is left alone. */
export async function linkIso(store: ImageStore, iso: StoredIso, destination: string): Promise<void> {
  const blob = blobPath(store, iso);
  const [stored, there] = await Promise.all([stat(blob), stat(destination).catch(() => undefined)]);
  if (there && there.dev === stored.dev && there.ino === stored.ino) return;
  await place(blob, destination);
}

/** A hard link, else a reflink, else a copy; appears atomically. Read-only, since its inode may be the store's. */
async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const temporary = `${to}.${randomUUID()}.part`;
  try {
    await link(from, temporary).catch(() => copyFile(from, temporary, constants.COPYFILE_FICLONE));
    await chmod(temporary, 0o444);
    await rename(temporary, to);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Empties the store. Builds that are running fail; ISOs in dist/ stay. */
export async function emptyStore(store: ImageStore): Promise<void> {
  await rm(store.root, { recursive: true, force: true });
}

const blobPath = (store: ImageStore, iso: StoredIso): string => join(store.root, 'sha256', `${iso.sha256}.iso`);
