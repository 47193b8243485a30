import { lstat, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseJson } from '@phyllome/host/json';
import { digestOfPlainFile } from '@phyllome/host/plain-file';
import { type Manifest, resultFiles } from '@phyllome/iso-builder';
import { provenanceBundle } from '@phyllome/signing';
import writeFileAtomic from 'write-file-atomic';
import { addImage, findImage, type ImageStore, type StoreOptions, readEvidence } from '../store/index.ts';
import { type Image, recordFile, imageSchema } from '../record.ts';
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

/**
 * Brings the evidence of an ISO of these inputs back from the store, where a build of the same has left it.
 *
 * @returns its `image.json`; undefined when the store has none, or not all of it. The ISO is not put there.
 */
export async function restoreImage(
  store: ImageStore,
  { directory, edition, inputs }: { directory: string; edition: string; inputs: string },
  options: StoreOptions & { ownOnly?: boolean },
): Promise<Image | undefined> {
  const found = await findImage(store, inputs, options);
  const document = found?.evidence.find(({ path }) => path === recordFile);
  const text = document && (await readEvidence(store, document));
  if (found === undefined || text === undefined) return undefined;
  const image = imageSchema.safeParse(parseJson(String(text))).data;
  if (image?.edition !== edition || image.sha256 !== found.iso.sha256 || image.name !== found.iso.path)
    return undefined;
  await rm(join(directory, resultFiles.logs), { recursive: true, force: true });
  await rm(join(directory, provenanceBundle), { force: true });
  // `image.json`, by which other commands know that there is an ISO, comes last.
  for (const file of found.evidence.toSorted((a, b) => Number(a === document) - Number(b === document))) {
    const bytes = await readEvidence(store, file);
    if (bytes === undefined) return undefined;
    await writeInside(directory, file.path, bytes);
  }
  return image;
}

/** Writes a file of a result. What is in its way and is no plain file goes: a symbolic link would be written through. */
async function writeInside(directory: string, file: string, bytes: Buffer): Promise<void> {
  const path = join(directory, file);
  await mkdir(dirname(path), { recursive: true });
  const there = await lstat(path).catch(() => undefined);
  if (there !== undefined && !there.isFile()) await rm(path, { recursive: true });
  await writeFileAtomic(path, bytes);
}
