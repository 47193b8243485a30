import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isSha256 } from '@phyllome/host/names';
import { stateOfPlainFile } from '@phyllome/host/plain-file';
import { blobPath, type ImageStore, namesIn, pathsOf, removeUnfinished } from './directories.ts';
import { imageOf, prepareStore, type StoredImage, type StoreOptions } from './images.ts';
import { changeIndex, lockStore, readArtifact, readIndex, readManifest } from './index-file.ts';
import { type Descriptor, hexOf, manifestSchema } from './layout.ts';
import { readNote, removeNote } from './proof.ts';

/** What the store has, and what of it is in use. */
export interface ImageUse extends StoredImage {
  /** Bytes of its ISO and its evidence. */
  bytes: number;
  /** When it was put somewhere last, or else added, in milliseconds since the epoch. */
  usedAt: number;
  /** Where it is now. Empty: nothing would miss it. */
  usedBy: string[];
}

/** What may be collected. */
export interface CollectOptions extends StoreOptions {
  /** Only what was not used for this long. */
  olderThanMs?: number | undefined;
  /** Only as much as must go, the longest unused first, for the images to take no more than this many bytes. */
  maxBytes?: number | undefined;
  /** Also what is in a `dist/` somewhere; it is a link or a copy there, and stays. */
  all?: boolean | undefined;
  /** Removes nothing. */
  dryRun?: boolean | undefined;
}

/** What was collected, or would be. */
export interface Collected {
  images: ImageUse[];
  /** Blobs that no image needs: of what was removed, and of adding that was interrupted. */
  blobs: number;
  /** That the disk gets back: an ISO of which `dist/` has the inode gives none. */
  bytes: number;
}

const dayMs = 24 * 60 * 60_000;
/** A blob that no image lists may be of one that is being added, or by another program. */
const strayMs = dayMs;
/** What was found damaged is kept as long, for somebody to look at. */
const quarantineMs = 7 * dayMs;

/** The images of the store, with what uses them. What cannot be read is left out. */
export async function usesOf(store: ImageStore, { signal }: StoreOptions = {}): Promise<ImageUse[]> {
  const placed = await placedIsos(store);
  const uses: ImageUse[] = [];
  for (const entry of (await readIndex(store)).manifests) {
    const artifact = await readArtifact(store, entry, { signal });
    const image = artifact && imageOf(entry, artifact);
    if (image === undefined) continue;
    const places = placed.filter(({ sha256 }) => sha256 === image.iso.sha256);
    const added = await lstat(blobPath(store, hexOf(entry))).catch(() => undefined);
    uses.push({
      ...image,
      bytes: [image.iso, ...image.evidence].reduce((sum, { size }) => sum + size, 0),
      usedAt: Math.max(added?.mtimeMs ?? 0, ...places.map(({ provenAt }) => provenAt)),
      usedBy: places.filter(({ there }) => there).map(({ path }) => path),
    });
  }
  return uses;
}

/** Where ISOs of the store were put, and whether they are still there. Pruned of those that are not, after a year. */
async function placedIsos(
  store: ImageStore,
): Promise<{ sha256: string; path: string; provenAt: number; there: boolean }[]> {
  const { placed } = pathsOf(store);
  const found: { sha256: string; path: string; provenAt: number; there: boolean }[] = [];
  for (const name of (await namesIn(placed)).filter(isSha256)) {
    const note = await readNote(placed, name);
    if (note?.path === undefined) continue;
    const { path, sha256, provenAt, size } = note;
    const state = await stateOfPlainFile(path).catch(() => undefined);
    const there = state?.size === size;
    if (there || Date.now() - provenAt < 365 * dayMs) found.push({ sha256, path, provenAt, there });
    else await removeNote(placed, name);
  }
  return found;
}

/**
 * Removes images that nothing uses, by age or by size, and the blobs that no image needs any more. Without limits:
 * every image that is in no `dist/`.
 *
 * @throws {StoreError} STORE_UNWRITABLE, STORE_INVALID
 * @throws the signal's reason when aborted
 */
export async function collectGarbage(store: ImageStore, options: CollectOptions = {}): Promise<Collected> {
  const { signal, dryRun = false } = options;
  await prepareStore(store, options);
  await using _ = await lockStore(store, signal);
  const uses = await usesOf(store, options);
  const images = collectable(uses, options, Date.now());
  const gone = new Set(images.map(({ digest }) => digest));
  const kept = (await readIndex(store)).manifests.filter(({ digest }) => !gone.has(digest));
  if (gone.size > 0 && !dryRun)
    await changeIndex(store, (manifests) => manifests.filter(({ digest }) => !gone.has(digest)));
  const needed = await blobsNeeded(store, kept);
  // What an entry needs is not known: its manifest is damaged (`verify` drops it then), or is an index of its own.
  if (needed === undefined) return { images, blobs: 0, bytes: 0 };
  const ours = new Set(
    images.flatMap(({ digest, iso, evidence }) => [
      digest.slice(7),
      iso.sha256,
      ...evidence.map(({ sha256 }) => sha256),
    ]),
  );
  let blobs = 0;
  let bytes = 0;
  for (const hex of await namesIn(pathsOf(store).blobs)) {
    signal?.throwIfAborted();
    if (!isSha256(hex) || needed.has(hex)) continue;
    const found = await lstat(blobPath(store, hex)).catch(() => undefined);
    if (found === undefined || (!ours.has(hex) && Date.now() - found.ctimeMs < strayMs)) continue;
    blobs += 1;
    bytes += found.nlink > 1 ? 0 : found.size;
    if (dryRun) continue;
    await rm(blobPath(store, hex), { force: true });
    await removeNote(pathsOf(store).proofs, hex);
  }
  if (!dryRun) {
    await removeUnfinished(store);
    await emptyQuarantine(store, quarantineMs);
  }
  return { images, blobs, bytes };
}

/** Which images go. Pure. */
function collectable(
  images: readonly ImageUse[],
  { olderThanMs, maxBytes, all = false }: CollectOptions,
  now: number,
): ImageUse[] {
  const free = images
    .filter(({ usedBy, usedAt }) => (all || usedBy.length === 0) && now - usedAt >= (olderThanMs ?? 0))
    .toSorted((a, b) => a.usedAt - b.usedAt);
  if (maxBytes === undefined) return free;
  let total = images.reduce((sum, { bytes }) => sum + bytes, 0);
  return free.filter(({ bytes }) => {
    if (total <= maxBytes) return false;
    total -= bytes;
    return true;
  });
}

/** Digests in hexadecimal of all that the entries need; undefined where one of them is of something unknown. */
async function blobsNeeded(store: ImageStore, entries: readonly Descriptor[]): Promise<Set<string> | undefined> {
  const needed = new Set<string>();
  for (const entry of entries) {
    needed.add(hexOf(entry));
    const manifest = await readManifest(store, entry, manifestSchema);
    if (manifest === undefined) return undefined;
    for (const blob of [manifest.config, ...manifest.layers]) needed.add(hexOf(blob));
  }
  return needed;
}

async function emptyQuarantine(store: ImageStore, olderThanMs: number): Promise<void> {
  const { quarantine } = pathsOf(store);
  for (const name of await namesIn(quarantine)) {
    const found = await lstat(join(quarantine, name)).catch(() => undefined);
    if (found !== undefined && Date.now() - found.ctimeMs >= olderThanMs)
      await rm(join(quarantine, name), { recursive: true, force: true });
  }
}

/** Removes the store, and all that is in it. ISOs in `dist/` stay. */
export async function emptyStore(store: ImageStore): Promise<void> {
  const { blobs, index, layout, earlier, lock } = pathsOf(store);
  await rm(lock, { force: true });
  for (const path of [join(blobs, '..'), index, layout, earlier, join(store.root, 'local')])
    await rm(path, { recursive: true, force: true });
}
