import { isSha256 } from '@phyllome/host/names';
import { PlainFileError, stateOfPlainFile } from '@phyllome/host/plain-file';
import { haveBlob, quarantine } from './blobs.ts';
import { blobPath, type ImageStore, namesIn, pathsOf } from './directories.ts';
import { prepareStore, type StoreOptions } from './images.ts';
import { changeIndex, lockStore, readIndex, readManifest } from './index-file.ts';
import { annotationKeys, type Descriptor, hexOf, manifestSchema } from './layout.ts';

/** What reading all of the store has shown. */
export interface StoreVerification {
  /** Blobs that were read and are what their names say. */
  blobs: number;
  /** Bytes that were read. */
  bytes: number;
  /** A sentence for each thing that was wrong. Damaged blobs were put aside, images without them are listed no more. */
  problems: string[];
}

/**
 * Reads every blob from end to end, and every image that is listed. What is damaged is put aside, and an image that
 * lacks a blob is dropped from the index: it is built again, or fetched, when it is wanted.
 *
 * @throws {StoreError} STORE_UNWRITABLE, STORE_INVALID
 * @throws the signal's reason when aborted
 */
export async function verifyStore(store: ImageStore, options: StoreOptions = {}): Promise<StoreVerification> {
  const { signal } = options;
  await prepareStore(store, options);
  await using _ = await lockStore(store, signal);
  const problems: string[] = [];
  const whole = new Map<string, number>();
  for (const name of await namesIn(pathsOf(store).blobs)) {
    signal?.throwIfAborted();
    const size = isSha256(name) ? await verifyBlob(store, name, problems, signal) : undefined;
    if (size !== undefined) whole.set(name, size);
    if (!isSha256(name)) problems.push(`${blobPath(store, name)} does not have the name of a blob`);
  }
  const lost = new Set<Descriptor>();
  for (const entry of (await readIndex(store)).manifests) {
    const missing = await missingOf(store, entry, whole);
    if (missing === undefined) continue;
    lost.add(entry);
    problems.push(`${entry.annotations?.[annotationKeys.title] ?? entry.digest} ${missing}`);
  }
  if (lost.size > 0) {
    const digests = new Set([...lost].map(({ digest }) => digest));
    await changeIndex(store, (manifests) => manifests.filter(({ digest }) => !digests.has(digest)));
  }
  return { blobs: whole.size, bytes: [...whole.values()].reduce((sum, size) => sum + size, 0), problems };
}

/** The size of a blob that is whole. */
async function verifyBlob(
  store: ImageStore,
  hex: string,
  problems: string[],
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const onDamage = (message: string): void => void problems.push(message);
  const size = await sizeOfBlob(store, hex);
  if (typeof size === 'number')
    return (await haveBlob(store, { sha256: hex, size }, { signal, full: true, onDamage })) ? size : undefined;
  problems.push(`${blobPath(store, hex)} ${size}: it was moved to ${await quarantine(store, hex)}`);
  return undefined;
}

/** The size of a plain file, or what is there instead. */
async function sizeOfBlob(store: ImageStore, hex: string): Promise<number | string> {
  try {
    return (await stateOfPlainFile(blobPath(store, hex)))?.size ?? 'is not there';
  } catch (error) {
    if (error instanceof PlainFileError) return error.what;
    throw error;
  }
}

/** What of an entry of the index is not there; undefined: nothing. */
async function missingOf(
  store: ImageStore,
  entry: Descriptor,
  whole: ReadonlyMap<string, number>,
): Promise<string | undefined> {
  if (whole.get(hexOf(entry)) !== entry.size) return 'lost its manifest';
  const manifest = await readManifest(store, entry, manifestSchema);
  // An index of its own, which another program put there: that it is whole is all that is known of it.
  if (manifest === undefined) return undefined;
  const lacks = [manifest.config, ...manifest.layers].filter((layer) => whole.get(hexOf(layer)) !== layer.size);
  if (lacks.length === 0) return undefined;
  return `lost ${lacks.map(({ annotations, digest }) => annotations?.[annotationKeys.title] ?? digest).join(', ')}`;
}
