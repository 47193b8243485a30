import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@phyllome/host/json';
import { isSha256 } from '@phyllome/host/names';
import { PlainFileError, readPlainFile } from '@phyllome/host/plain-file';
import { takeLock } from '@phyllome/host';
import writeFileAtomic from 'write-file-atomic';
import type { z } from 'zod';
import { proveBlob } from './blobs.ts';
import { blobPath, type ImageStore, namesIn, pathsOf } from './directories.ts';
import { asStoreError } from './errors.ts';
import {
  annotationKeys,
  type Artifact,
  artifactSchema,
  type Descriptor,
  hexOf,
  type Index,
  indexSchema,
  mediaTypes,
} from './layout.ts';

/** Bytes that `index.json`, and a manifest, have at most: what is larger is none of ours. */
const documentLimit = 16 * 2 ** 20;

const emptyIndex: Index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] };

/** What the store lists. A reader needs no lock: the file appears whole. */
export async function readIndex(store: ImageStore): Promise<Index> {
  try {
    return indexSchema.parse(parseJson(String(await readPlainFile(pathsOf(store).index, documentLimit))));
  } catch (error) {
    if (error instanceof PlainFileError && error.code === 'ENOENT') return emptyIndex;
    return { ...emptyIndex, manifests: await artifactsAmongBlobs(store) };
  }
}

/**
 * Changes what the store lists, in one step: a reader sees what was, or what is. The caller holds the lock.
 *
 * @param change gets what is listed now, and returns what shall be
 */
export async function changeIndex(store: ImageStore, change: (manifests: Descriptor[]) => Descriptor[]): Promise<void> {
  const index = await readIndex(store);
  const manifests = change(index.manifests);
  try {
    await putAside(store);
    await writeFileAtomic(pathsOf(store).index, `${JSON.stringify({ ...index, manifests }, null, 2)}\n`);
  } catch (error) {
    throw asStoreError(store.root, error);
  }
}

/** While it is held, nothing is listed, dropped or collected by another process. */
export async function lockStore(store: ImageStore, signal: AbortSignal | undefined): Promise<AsyncDisposable> {
  try {
    return await takeLock(pathsOf(store).lock, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw asStoreError(store.root, error);
  }
}

/** Something else than a file in the place of `index.json`: a symbolic link would be written through. */
async function putAside(store: ImageStore): Promise<void> {
  const { index, quarantine } = pathsOf(store);
  await readPlainFile(index, documentLimit).catch(async (error: unknown) => {
    if (!(error instanceof PlainFileError) || error.code === 'ENOENT') return;
    await rename(index, join(quarantine, `index.json.${randomUUID().slice(0, 8)}`));
  });
}

/** The manifest that an entry of the index points at; undefined when it is not there, not whole, or not one of ours. */
export async function readArtifact(
  store: ImageStore,
  entry: Descriptor,
  options: { signal?: AbortSignal | undefined; full?: boolean } = {},
): Promise<Artifact | undefined> {
  return readManifest(store, entry, artifactSchema, options);
}

/** The same of any manifest. */
export async function readManifest<T>(
  store: ImageStore,
  entry: Descriptor,
  schema: z.ZodType<T>,
  options: { signal?: AbortSignal | undefined; full?: boolean } = {},
): Promise<T | undefined> {
  if (entry.size > documentLimit) return undefined;
  const proof = await proveBlob(store, { sha256: hexOf(entry), size: entry.size }, options);
  if (proof.is !== 'proven') return undefined;
  try {
    return schema.parse(parseJson(String(await readPlainFile(blobPath(store, hexOf(entry)), documentLimit))));
  } catch {
    return undefined;
  }
}

/** The entry of the index for a manifest: what it is looked up by is repeated there, as the specification allows. */
export function entryOf(artifact: Artifact, { digest, size }: { digest: string; size: number }): Descriptor {
  return {
    mediaType: mediaTypes.manifest,
    digest,
    size,
    artifactType: artifact.artifactType,
    annotations: artifact.annotations ?? {},
  };
}

/** An index that cannot be read is made anew, of the manifests that are among the blobs. */
async function artifactsAmongBlobs(store: ImageStore): Promise<Descriptor[]> {
  const entries: Descriptor[] = [];
  for (const hex of (await namesIn(pathsOf(store).blobs)).filter(isSha256)) {
    const head = await readPlainFile(blobPath(store, hex), documentLimit).catch(() => undefined);
    if (head === undefined || !head.includes(mediaTypes.artifact)) continue;
    const place = { digest: `sha256:${hex}`, size: head.length };
    const artifact = await readArtifact(store, { ...place, mediaType: mediaTypes.manifest });
    if (artifact !== undefined) entries.push(entryOf(artifact, place));
  }
  return entries.toSorted((a, b) => (createdOf(a) < createdOf(b) ? -1 : 1));
}

function createdOf(entry: Descriptor): string {
  return entry.annotations?.[annotationKeys.created] ?? '';
}
