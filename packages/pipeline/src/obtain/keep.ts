import { lstat, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@phyllome/host/json';
import { digestOfPlainFile } from '@phyllome/host/plain-file';
import { type Manifest, manifestSchema, resultFiles } from '@phyllome/iso-builder';
import { provenanceBundle } from '@phyllome/signing';
import writeFileAtomic from 'write-file-atomic';
import {
  addImage,
  findImage,
  type ImageFile,
  type ImageStore,
  readEvidence,
  type StoredImage,
  type StoreOptions,
} from '../store/index.ts';
import { type Image, imageSchema, recordContradictions, recordFile } from '../record.ts';
import { hasBundle } from './sign.ts';

/**
 * Puts a result into the image store: the ISO, and all of its evidence, signatures included.
 *
 * @param directory where the build left it
 * @param inputs digest of what decided the ISO, see {@link inputsDigest}
 * @param source the registry it came from, where no signature was checked
 * @throws {StoreError}
 */
export async function keepImage(
  store: ImageStore,
  {
    directory,
    image,
    manifest,
    inputs,
    source,
  }: { directory: string; image: Image; manifest: Manifest; inputs: string; source?: string | undefined },
  options: StoreOptions,
): Promise<void> {
  const documents: string[] = [resultFiles.manifest, resultFiles.provenance, resultFiles.checksum];
  if (await hasBundle(directory)) documents.push(provenanceBundle);
  const files = [
    { path: image.name, size: image.size, sha256: image.sha256 },
    ...Object.entries(manifest.files).map(([path, digest]) => ({ path, ...digest })),
    ...(await Promise.all(
      documents.map(async (path) => ({ path, ...(await digestOfPlainFile(join(directory, path))) })),
    )),
  ];
  const { edition, profile, builder } = image;
  const facts = {
    edition,
    profile,
    builder,
    inputs,
    created: manifest.finishedAt,
    ...(source === undefined ? {} : { source }),
  };
  await addImage(store, { directory, files, facts }, options);
}

/** What the store has of an ISO of some inputs, as its own documents say it. */
export interface StoredResult extends StoredImage {
  image: Image;
  /** `image.json` among the evidence. */
  record: ImageFile;
}

/**
 * The result that the store has of these inputs, where its documents are of them and of one another: `index.json`, which
 * anybody may have written who can write to the store, only says where they are.
 *
 * @returns undefined when the store has none, or not all of it
 */
export async function findResult(
  store: ImageStore,
  { edition, inputs }: { edition: string; inputs: string },
  options: StoreOptions & { ownOnly?: boolean },
): Promise<StoredResult | undefined> {
  const found = await findImage(store, inputs, options);
  if (found === undefined) return undefined;
  const { iso, evidence } = found;
  const record = evidence.find(({ path }) => path === recordFile);
  const document = await readJson(store, record);
  const image = imageSchema.safeParse(document).data;
  const manifest = manifestSchema.safeParse(
    await readJson(
      store,
      evidence.find(({ path }) => path === resultFiles.manifest),
    ),
  ).data;
  if (record === undefined || image?.edition !== edition || manifest?.labels['inputs'] !== inputs) return undefined;
  if (image.sha256 !== iso.sha256 || image.name !== iso.path || recordContradictions(document, manifest).length > 0)
    return undefined;
  const listed = new Map(Object.entries(manifest.files));
  const belongs = ({ path, sha256 }: ImageFile): boolean =>
    besideManifest.includes(path) || listed.get(path)?.sha256 === sha256;
  const there = new Set(evidence.map(({ path }) => path));
  return evidence.every(belongs) && [...listed.keys()].every((path) => there.has(path))
    ? { ...found, image, record }
    : undefined;
}

/** What a manifest does not list: itself, and what was made after it. */
const besideManifest: readonly string[] = [
  resultFiles.manifest,
  resultFiles.provenance,
  resultFiles.checksum,
  provenanceBundle,
];

async function readJson(store: ImageStore, file: ImageFile | undefined): Promise<unknown> {
  const text = file && (await readEvidence(store, file));
  try {
    return text && parseJson(String(text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Brings the evidence of an ISO back from the store, where a build of the same has left it.
 *
 * @returns its `image.json`; undefined when the store has not all of it any more. The ISO is not put there.
 */
export async function restoreImage(
  store: ImageStore,
  { evidence, image, record }: StoredResult,
  directory: string,
): Promise<Image | undefined> {
  await rm(join(directory, resultFiles.logs), { recursive: true, force: true });
  await rm(join(directory, provenanceBundle), { force: true });
  // `image.json`, by which other commands know that there is an ISO, comes last.
  for (const file of evidence.toSorted((a, b) => Number(a === record) - Number(b === record))) {
    const bytes = await readEvidence(store, file);
    if (bytes === undefined) return undefined;
    await writeInside(directory, file.path, bytes);
  }
  return image;
}

/**
 * Writes a file of a result. What is in its way goes, in the place of a folder as well: a symbolic link would be written
 * through.
 */
async function writeInside(directory: string, file: string, bytes: Buffer): Promise<void> {
  await mkdir(directory, { recursive: true });
  const parts = file.split('/');
  for (const depth of parts.keys()) {
    const path = join(directory, ...parts.slice(0, depth + 1));
    const there = await lstat(path).catch(() => undefined);
    const isLast = depth === parts.length - 1;
    if (there !== undefined && (isLast ? !there.isFile() : !there.isDirectory())) await rm(path, { recursive: true });
    if (isLast) await writeFileAtomic(path, bytes);
    else await mkdir(path, { recursive: true });
  }
}
