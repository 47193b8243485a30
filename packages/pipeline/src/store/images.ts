import { hash } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { codeOf } from '@phyllome/host';
import { type FileDigest, PlainFileError, readPlainFile, stateOfPlainFile } from '@phyllome/host/plain-file';
import { addFile, addText, haveBlob, makeReadOnly, quarantine } from './blobs.ts';
import { blobPath, type ImageStore, incomingPath, makeDirectories, namesIn, pathsOf } from './directories.ts';
import { asStoreError } from './errors.ts';
import { changeIndex, entryOf, lockStore, readArtifact, readIndex } from './index-file.ts';
import {
  annotationKeys,
  type Artifact,
  type Descriptor,
  emptyDocument,
  hexOf,
  mediaTypeOf,
  mediaTypes,
} from './layout.ts';
import { noteOf, proveFile, readNote, stillProven, writeNote } from './proof.ts';
import { type Transfer, transfer } from './transfer.ts';

/** A file of a result that enters the store, or that is there. */
export interface ImageFile extends FileDigest {
  /** Its path in the result's directory, with `/`. */
  path: string;
}

/** What is said of an image in the store, and what it is looked up by. */
export interface ImageFacts {
  edition: string;
  profile: string;
  builder: string;
  /** Digest (`sha256:…`) of what decides the ISO. */
  inputs?: string;
  /** When it was built, as RFC 3339 has it. */
  created: string;
  /** The registry that it came from, where no signature was checked. Such an image is never signed here. */
  source?: string;
}

/** An image that the store has: one ISO and its evidence. */
export interface StoredImage {
  /** Of its manifest. */
  digest: string;
  iso: ImageFile;
  evidence: ImageFile[];
  facts: Partial<ImageFacts>;
}

/** Options of whatever may read gigabytes. */
export interface StoreOptions {
  signal?: AbortSignal | undefined;
  /** Called with a sentence about what was found damaged and put aside, or of an old store that was migrated. */
  onNote?: ((message: string) => void) | undefined;
}

/**
 * Puts an image into the store: an ISO, its evidence, and the manifest that holds them together. All of it is read, and
 * enters only when it is what its digests say.
 *
 * @param files by path in `directory`; the ISO is the one that ends with `.iso`
 * @returns how the ISO came in; undefined when it was there already
 * @throws {StoreError} BLOB_DIFFERS, STORE_FULL, STORE_UNWRITABLE, STORE_INVALID
 */
export async function addImage(
  store: ImageStore,
  { directory, files, facts }: { directory: string; files: readonly ImageFile[]; facts: ImageFacts },
  options: StoreOptions = {},
): Promise<Transfer | undefined> {
  const { signal } = options;
  await prepareStore(store, options);
  const [iso, ...evidence] = files.toSorted(
    (a, b) => Number(b.path.endsWith('.iso')) - Number(a.path.endsWith('.iso')),
  );
  if (iso === undefined) throw new TypeError('an image has an ISO');
  // Under the lock: between the blobs and the index that lists them, no garbage collection removes them.
  await using _ = await lockStore(store, signal);
  let how: Transfer | undefined;
  try {
    how = await addFile(store, resolve(directory, iso.path), iso, { signal });
    // Evidence is small, and is in directories that Nx writes to: it shares no inode.
    for (const file of evidence) await addFile(store, resolve(directory, file.path), file, { signal, only: 'copy' });
  } catch (error) {
    throw asStoreError(store.root, error);
  }
  await listImage(store, { iso, evidence, facts });
  return how;
}

/** Writes the manifest of an image whose blobs are there, and lists it. The lock is held. */
async function listImage(
  store: ImageStore,
  { iso, evidence, facts }: { iso: ImageFile; evidence: readonly ImageFile[]; facts: Partial<ImageFacts> },
): Promise<void> {
  const empty = blobOfText(emptyDocument);
  await addText(store, emptyDocument, empty);
  const annotations = {
    [annotationKeys.title]: iso.path,
    [annotationKeys.iso]: `sha256:${iso.sha256}`,
    ...(facts.created === undefined ? {} : { [annotationKeys.created]: facts.created }),
    ...(facts.edition === undefined ? {} : { [annotationKeys.edition]: facts.edition }),
    ...(facts.profile === undefined ? {} : { [annotationKeys.profile]: facts.profile }),
    ...(facts.builder === undefined ? {} : { [annotationKeys.builder]: facts.builder }),
    ...(facts.inputs === undefined ? {} : { [annotationKeys.inputs]: facts.inputs }),
    ...(facts.source === undefined ? {} : { [annotationKeys.source]: facts.source }),
  };
  const artifact: Artifact = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: mediaTypes.artifact,
    config: { mediaType: mediaTypes.empty, digest: `sha256:${empty.sha256}`, size: empty.size },
    layers: [iso, ...evidence].map((file) => ({
      mediaType: mediaTypeOf(file.path),
      digest: `sha256:${file.sha256}`,
      size: file.size,
      annotations: { [annotationKeys.title]: file.path },
    })),
    annotations,
  };
  const text = JSON.stringify(artifact);
  const blob = blobOfText(text);
  await addText(store, text, blob);
  const entry = entryOf(artifact, { digest: `sha256:${blob.sha256}`, size: blob.size });
  const refName = refNameOf(iso.path, facts.profile);
  await changeIndex(store, (manifests) => [
    ...manifests
      // Of the same ISO, made of the same, the newest evidence counts. Other inputs may make the same ISO: both find it.
      .filter(
        ({ annotations: other }) =>
          other?.[annotationKeys.iso] !== annotations[annotationKeys.iso] ||
          (other[annotationKeys.inputs] ?? annotations[annotationKeys.inputs]) !== annotations[annotationKeys.inputs],
      )
      // A name is of one image.
      .map((other) => (other.annotations?.[annotationKeys.refName] === refName ? withoutRefName(other) : other)),
    { ...entry, annotations: { ...entry.annotations, [annotationKeys.refName]: refName } },
  ]);
}

/** `phyllome-dhi-44-draft` of `phyllome-dhi-44.iso`: what `skopeo` and `oras` call it. */
function refNameOf(isoName: string, profile: string | undefined): string {
  const name = isoName.replace(/\.iso$/u, '');
  return profile === undefined ? name : `${name}-${profile}`;
}

function withoutRefName(entry: Descriptor): Descriptor {
  const { [annotationKeys.refName]: _, ...annotations } = entry.annotations ?? {};
  return { ...entry, annotations };
}

function blobOfText(text: string): FileDigest {
  return { size: Buffer.byteLength(text), sha256: hash('sha256', text) };
}

/** Makes the store's directories, and takes over what a store of an earlier version has. */
export async function prepareStore(store: ImageStore, options: StoreOptions = {}): Promise<void> {
  await makeDirectories(store);
  await migrate(store, options);
}

/**
 * Is this ISO in the store, whole? One that is damaged is put aside: it has to be built again, or fetched.
 *
 * @throws {StoreError} STORE_UNWRITABLE, STORE_INVALID
 */
export async function hasIso(store: ImageStore, iso: FileDigest, options: StoreOptions = {}): Promise<boolean> {
  await prepareStore(store, options);
  return haveBlob(store, iso, { signal: options.signal, onDamage: options.onNote });
}

/** How an ISO came to its destination; `kept`: it was there already, and nothing was copied. */
export type Placed = Transfer | 'kept';

/**
 * Makes `destination` the stored ISO, in one step; one that is that already is left alone. Other files there are not
 * touched, and a directory that is a symbolic link stays one.
 *
 * @returns undefined when the store does not have it (any more)
 * @throws {StoreError} STORE_FULL is not one of them: a full disk of the destination is ENOSPC, by its path
 */
export async function placeIso(
  store: ImageStore,
  iso: FileDigest,
  destination: string,
  options: StoreOptions = {},
): Promise<Placed | undefined> {
  const { signal } = options;
  if (!(await hasIso(store, iso, options))) return undefined;
  const path = resolve(destination);
  const note = { directory: pathsOf(store).placed, name: hash('sha256', path), path };
  if (await isPlaced(store, iso, path, note, signal)) return 'kept';
  await mkdir(dirname(path), { recursive: true });
  const blob = blobPath(store, iso.sha256);
  const temporary = `${path}.${incomingPath(store).slice(pathsOf(store).incoming.length + 1)}`;
  try {
    const { how, copied } = await transfer(blob, temporary, { signal });
    if (copied !== undefined && copied.sha256 !== iso.sha256) {
      const aside = await quarantine(store, iso.sha256);
      options.onNote?.(`${blob} was damaged, and was moved to ${aside}`);
      return undefined;
    }
    const before = await stateOfPlainFile(temporary);
    await makeReadOnly(temporary);
    // rename(2) replaces a symbolic link itself, not what it leads to.
    await rename(temporary, path);
    const after = await stateOfPlainFile(path);
    // A new name of the blob, and its new permissions, changed its status: the notes have to know.
    if (after !== undefined && after.mtimeNs === before?.mtimeNs && after.inode === before.inode) {
      await writeNote(note.directory, note.name, noteOf(iso.sha256, after, { now: Date.now(), path }));
      if (how === 'hard link')
        await writeNote(
          pathsOf(store).proofs,
          iso.sha256,
          noteOf(iso.sha256, after, { now: await provenAt(store, iso) }),
        );
    }
    return how;
  } catch (error) {
    // Collected by another process in this very moment.
    if (error instanceof PlainFileError && error.code === 'ENOENT') return undefined;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Is the destination this ISO already? Its inode is the blob's, which was just proven, or it is proven by itself. */
async function isPlaced(
  store: ImageStore,
  iso: FileDigest,
  path: string,
  note: { directory: string; name: string; path: string },
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const [there, blob] = await Promise.all([stateOfPlainFile(path), stateOfPlainFile(blobPath(store, iso.sha256))]);
    if (there === undefined) return false;
    if (there.device === blob?.device && there.inode === blob.inode) {
      // So that the image counts as used, and from where.
      const known = await readNote(note.directory, note.name);
      if (!stillProven(known, iso.sha256, there, Date.now()))
        await writeNote(note.directory, note.name, noteOf(iso.sha256, there, { now: Date.now(), path }));
      return true;
    }
  } catch (error) {
    if (error instanceof PlainFileError) return false;
    throw error;
  }
  return (await proveFile(path, iso, note, { signal })).is === 'proven';
}

/** When the blob was last read from end to end: another name of it proves nothing. */
async function provenAt(store: ImageStore, { sha256 }: FileDigest): Promise<number> {
  return (await readNote(pathsOf(store).proofs, sha256))?.provenAt ?? 0;
}

/** Everything that the store lists and that is one of ours; what cannot be read is left out. */
export async function listImages(store: ImageStore, options: StoreOptions = {}): Promise<StoredImage[]> {
  const images: StoredImage[] = [];
  for (const entry of (await readIndex(store)).manifests) {
    const image = await readImage(store, entry, options);
    if (image !== undefined) images.push(image);
  }
  return images;
}

/**
 * The newest image of these inputs whose ISO and evidence are whole: what a build of the same would make.
 *
 * @param inputs digest of what decides the ISO
 * @param options `ownOnly`: none that came from a registry without a signature that was checked
 */
export async function findImage(
  store: ImageStore,
  inputs: string,
  options: StoreOptions & { ownOnly?: boolean } = {},
): Promise<StoredImage | undefined> {
  await prepareStore(store, options);
  const entries = (await readIndex(store)).manifests.filter(
    ({ annotations }) => annotations?.[annotationKeys.inputs] === inputs,
  );
  for (const entry of entries.toReversed()) {
    const image = await readImage(store, entry, options);
    if (image === undefined || (options.ownOnly === true && image.facts.source !== undefined)) continue;
    let whole = true;
    for (const file of [image.iso, ...image.evidence])
      whole = (await haveBlob(store, file, { signal: options.signal, onDamage: options.onNote })) && whole;
    if (whole) return image;
  }
  return undefined;
}

/** Bytes of a file of evidence at most: logs are limited to a fourth of it. */
const largestEvidence = 256 * 2 ** 20;

/** The text of a file of evidence, by its digest; undefined also when it is larger than any is. */
export async function readEvidence(store: ImageStore, file: ImageFile): Promise<Buffer | undefined> {
  if (file.size > largestEvidence || !(await haveBlob(store, file))) return undefined;
  const bytes = await readPlainFile(blobPath(store, file.sha256), file.size);
  return hash('sha256', bytes) === file.sha256 ? bytes : undefined;
}

/** The manifest of an image that is listed, as it is written. @param digest of the manifest */
export async function readStoredArtifact(
  store: ImageStore,
  digest: string,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<Artifact | undefined> {
  const entry = (await readIndex(store)).manifests.find((one) => one.digest === digest);
  return entry && readArtifact(store, entry, options);
}

async function readImage(
  store: ImageStore,
  entry: Descriptor,
  options: StoreOptions,
): Promise<StoredImage | undefined> {
  const artifact = await readArtifact(store, entry, { signal: options.signal });
  return artifact && imageOf(entry, artifact);
}

/** What a manifest says of an image; undefined when it has no ISO, or names files outside the result. Pure. */
export function imageOf({ digest }: Descriptor, { layers, annotations = {} }: Artifact): StoredImage | undefined {
  const files = layers.map((layer): ImageFile => ({
    path: layer.annotations?.[annotationKeys.title] ?? '',
    sha256: hexOf(layer),
    size: layer.size,
  }));
  if (files.some(({ path }) => !isPlainPath(path)) || new Set(files.map(({ path }) => path)).size < files.length)
    return undefined;
  const [iso, ...others] = files.filter(({ path }) => path.endsWith('.iso') && !path.includes('/'));
  if (iso === undefined || others.length > 0) return undefined;
  const known = {
    edition: annotations[annotationKeys.edition],
    profile: annotations[annotationKeys.profile],
    builder: annotations[annotationKeys.builder],
    inputs: annotations[annotationKeys.inputs],
    created: annotations[annotationKeys.created],
    source: annotations[annotationKeys.source],
  };
  return {
    digest,
    iso,
    evidence: files.filter((file) => file !== iso),
    facts: Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
  };
}

/** A path below a directory: no way out of it, nothing that a shell or a terminal takes for something else. Pure. */
export function isPlainPath(path: string): boolean {
  return path.length <= 400 && /^[A-Za-z0-9_][\w.+~-]*(?:\/[A-Za-z0-9_][\w.+~-]*)*$/u.test(path);
}

/**
 * Takes over the ISOs of a store as earlier versions had it: `sha256/<digest>.iso`. Each is read once; one that is not
 * what its name says is put aside.
 */
async function migrate(store: ImageStore, { signal, onNote }: StoreOptions): Promise<void> {
  const { earlier } = pathsOf(store);
  if ((await namesIn(earlier)).length === 0) return;
  await using _ = await lockStore(store, signal);
  for (const name of await namesIn(earlier)) {
    const hex = /^([0-9a-f]{64})\.iso$/u.exec(name)?.[1];
    if (hex === undefined) continue;
    const path = resolve(earlier, name);
    try {
      const state = await stateOfPlainFile(path);
      if (state === undefined) continue;
      const iso = { path: `${hex.slice(0, 12)}.iso`, sha256: hex, size: state.size };
      await addFile(store, path, iso, { signal });
      await listImage(store, { iso, evidence: [], facts: {} });
      await rm(path);
      onNote?.(`${path} was taken over into the image store's new layout`);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof PlainFileError) && codeOf(error) !== 'BLOB_DIFFERS') throw error;
      await rename(path, resolve(pathsOf(store).quarantine, name));
      onNote?.(`${path} is damaged, and was moved to ${pathsOf(store).quarantine}`);
    }
  }
  // The directory goes when it is empty.
  await rm(earlier, { recursive: false, force: true }).catch(() => undefined);
}
