import { createHash, hash } from 'node:crypto';
import { open, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openPlainFile } from '@phyllome/host/plain-file';
import { blobPath, type ImageStore, prepareStore, readStoredArtifact, type StoredImage } from '../store/index.ts';
import { annotationKeys, hexOf } from '../store/layout.ts';
import { bytesOf, isIso, parseRemote, partBytes, withParts } from './artifact.ts';
import { RemoteError } from './errors.ts';
import { type Remote, tagOf } from './remote.ts';
import { noteShared } from './shared.ts';
import { copyImage, readManifestOf } from './skopeo.ts';
import { layoutOf, listOnly, openStaging, type Staging } from './staging.ts';

/** What became of a push. `other`: there is another image of the same inputs, which stays. */
export type Pushed = 'pushed' | 'there already' | 'other';

export interface PushOptions {
  signal?: AbortSignal | undefined;
  /** Puts it in the place of another image of the same inputs. */
  replace?: boolean;
  /** Bytes of a layer of the ISO. */
  partSize?: number;
}

/**
 * Pushes an image of the store to a registry, under the digest of what decided it. Layers that the registry has, also
 * those of a push that was interrupted, are not sent again.
 *
 * @throws {RemoteError} REMOTE_READ_ONLY, REMOTE_UNREACHABLE, REMOTE_DENIED, REMOTE_FAILED
 * @throws the signal's reason when aborted
 */
export async function pushImage(
  store: ImageStore,
  image: StoredImage,
  remote: Remote,
  { signal, replace = false, partSize = partBytes }: PushOptions = {},
): Promise<Pushed> {
  const { inputs } = image.facts;
  if (inputs === undefined) throw new TypeError('an image without inputs cannot be found');
  if (remote.mode !== 'write')
    throw new RemoteError('REMOTE_READ_ONLY', `${remote.repository} is read-only here`, {
      hint: 'set PHYLLOME_REMOTE_STORE_MODE=write',
    });
  const tag = tagOf(inputs);
  const there = await readManifestOf(remote, `:${tag}`, signal);
  if (there !== undefined && !replace) {
    await noteShared(store, image, remote);
    return isSame(there, image) ? 'there already' : 'other';
  }

  await prepareStore(store, { signal });
  await using staging = await openStaging(store);
  const { bytes } = await stage(staging, store, image, { signal, partSize });
  await copyImage(layoutOf(staging), `docker://${remote.repository}:${tag}`, { remote, signal, bytes });
  await noteShared(store, image, remote);
  return 'pushed';
}

/** Of the same ISO, however it was cut. */
function isSame(manifest: Buffer, { iso }: StoredImage): boolean {
  const found = parseRemote(manifest);
  return 'artifact' in found && found.artifact.annotations?.[annotationKeys.iso] === `sha256:${iso.sha256}`;
}

/** Lays out what is to be pushed: links to the store's blobs, and the ISO in parts when it is large. */
async function stage(
  staging: Staging,
  store: ImageStore,
  image: StoredImage,
  { signal, partSize }: { signal: AbortSignal | undefined; partSize: number },
): Promise<{ bytes: number }> {
  const stored = await readStoredArtifact(store, image.digest, { signal });
  if (stored === undefined)
    throw new RemoteError('REMOTE_FAILED', `the image store lost ${image.iso.path}`, {
      hint: 'phyllome store verify, then build it again',
    });
  const cut =
    image.iso.size > partSize ? await cutIso(staging, blobPath(store, image.iso.sha256), partSize, signal) : [];
  if (cut.length === 0) {
    // The very artifact of the store, under its own digest.
    for (const hex of new Set([image, stored.config, ...stored.layers].map(hexOf)))
      await symlink(blobPath(store, hex), join(staging.blobs, hex));
    await listOnly(staging, { digest: image.digest, size: (await stat(blobPath(store, hexOf(image)))).size });
    return { bytes: bytesOf(stored) };
  }
  const artifact = withParts(stored, cut);
  const text = JSON.stringify(artifact);
  const digest = `sha256:${hash('sha256', text)}`;
  for (const hex of new Set([artifact.config, ...artifact.layers.filter((layer) => !isIso(layer))].map(hexOf)))
    await symlink(blobPath(store, hex), join(staging.blobs, hex));
  await writeFile(join(staging.blobs, hexOf({ digest })), text);
  await listOnly(staging, { digest, size: Buffer.byteLength(text) });
  return { bytes: bytesOf(artifact) };
}

/** Writes the ISO in parts, each under its digest. */
async function cutIso(
  staging: Staging,
  path: string,
  partSize: number,
  signal: AbortSignal | undefined,
): Promise<{ sha256: string; size: number }[]> {
  const { handle, state } = await openPlainFile(path);
  await using _ = handle;
  const buffer = Buffer.allocUnsafe(Math.min(partSize, 2 ** 20));
  const parts: { sha256: string; size: number }[] = [];
  for (let at = 0; at < state.size;) {
    const end = Math.min(at + partSize, state.size);
    const size = end - at;
    const digest = createHash('sha256');
    const temporary = join(staging.path, `part-${parts.length}`);
    {
      await using part = await open(temporary, 'wx');
      while (at < end) {
        signal?.throwIfAborted();
        const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, end - at), at);
        if (bytesRead === 0) throw new Error(`${path} shrank while it was read`);
        digest.update(buffer.subarray(0, bytesRead));
        await part.writeFile(buffer.subarray(0, bytesRead));
        at += bytesRead;
      }
    }
    const sha256 = digest.digest('hex');
    await rename(temporary, join(staging.blobs, sha256));
    parts.push({ sha256, size });
  }
  return parts;
}
