import { constants } from 'node:fs';
import { copyFile, mkdir, open, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestOfPlainFile } from '@phyllome/host/plain-file';
import { type ImageStore, prepareStore, StoreError } from '../store/index.ts';
import { annotationKeys, hexOf } from '../store/layout.ts';
import { bytesOf, parseRemote, type RemoteFile } from './artifact.ts';
import { RemoteError } from './errors.ts';
import { type Remote, tagOf } from './remote.ts';
import { copyImage, readManifestOf } from './skopeo.ts';
import { layoutOf, openStaging, type Staging } from './staging.ts';

/** An image as the registry sent it, whole but not judged. Disposing it removes it. */
export interface Fetched extends AsyncDisposable {
  /** Holds the ISO and its evidence, by their paths. */
  readonly directory: string;
  /** Of its manifest in the registry. */
  readonly digest: string;
}

/**
 * Fetches the image of these inputs from the registry: by its tag the manifest, and by the manifest's digest all else, so
 * that nobody exchanges it meanwhile.
 *
 * @param inputs digest (`sha256:…`) of what decides it
 * @param onFound is called with the number of bytes to come
 * @returns undefined when the registry has none
 * @throws {RemoteError} REMOTE_UNREACHABLE, REMOTE_DENIED, REMOTE_FAILED; REMOTE_WRONG when it cannot be an image of them
 * @throws {StoreError} STORE_FULL, STORE_UNWRITABLE
 * @throws the signal's reason when aborted
 */
export async function fetchImage(
  store: ImageStore,
  inputs: string,
  remote: Remote,
  { signal, onFound }: { signal?: AbortSignal | undefined; onFound?: (bytes: number) => void } = {},
): Promise<Fetched | undefined> {
  const tag = tagOf(inputs);
  const name = `${remote.repository}:${tag}`;
  const text = await readManifestOf(remote, `:${tag}`, signal);
  if (text === undefined) return undefined;
  const found = parseRemote(text);
  if ('problem' in found) throw wrong(name, found.problem);
  const { files, artifact, digest } = found;
  if (artifact.annotations?.[annotationKeys.inputs] !== inputs) throw wrong(name, 'is of other inputs');
  const bytes = bytesOf(artifact);
  await prepareStore(store, { signal });
  await requireSpace(store, bytes);
  onFound?.(bytes);

  await using stack = new AsyncDisposableStack();
  const staging = stack.use(await openStaging(store));
  const largestFile = Math.max(text.length, ...artifact.layers.map(({ size }) => size));
  await copyImage(`docker://${remote.repository}@${digest}`, layoutOf(staging), { remote, signal, bytes, largestFile });
  const directory = join(staging.path, 'result');
  await assemble(staging, directory, files, { name, signal });
  const kept = stack.move();
  return { directory, digest, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

export function wrong(name: string, problem: string): RemoteError {
  return new RemoteError('REMOTE_WRONG', `${name} ${problem}: nothing of it was used`, {
    hint: 'find out who pushed it; phyllome store push --replace puts a good one in its place',
  });
}

/** Beside what comes, the ISO is put together and shares its blocks: one part more. */
async function requireSpace(store: ImageStore, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(store.root);
  if (bavail * bsize > bytes * 1.1) return;
  throw new StoreError('STORE_FULL', `the image store ${store.root} has no room for ${bytes} bytes`, {
    hint: 'phyllome store gc makes room; or set PHYLLOME_STORE to another place',
  });
}

/**
 * Puts layers where their paths say. A layer may be of several files: each gets its own.
 *
 * @throws {RemoteError} REMOTE_WRONG
 */
async function assemble(
  staging: Staging,
  directory: string,
  files: readonly RemoteFile[],
  { name, signal }: { name: string; signal: AbortSignal | undefined },
): Promise<void> {
  for (const { path, parts } of files) {
    // skopeo compares digests, and not every version compares sizes.
    for (const part of parts)
      if ((await stat(join(staging.blobs, hexOf(part))).catch(() => undefined))?.size !== part.size)
        throw wrong(name, `does not have as much of ${path} as it says`);
    const target = join(directory, path);
    await mkdir(dirname(target), { recursive: true });
    const [first, ...rest] = parts.map((part) => join(staging.blobs, hexOf(part)));
    if (first === undefined) continue;
    // Blocks are shared where the file system can; evidence is small, and a large ISO has small parts.
    await copyFile(first, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    if (rest.length === 0) continue;
    await using whole = await open(target, 'a');
    for (const [at, part] of rest.entries()) {
      await digestOfPlainFile(part, { signal, onChunk: (chunk) => whole.writeFile(chunk) });
      // Parts of nothing but zeros are one blob.
      if (!rest.includes(part, at + 1)) await rm(part, { force: true });
    }
  }
}
