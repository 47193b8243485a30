import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageStore, incomingPath } from '../store/directories.ts';
import { type Descriptor, mediaTypes } from '../store/layout.ts';

/** An image layout in the making, in the store's file system; gone when it is disposed, or with `phyllome clean`. */
export interface Staging extends AsyncDisposable {
  readonly path: string;
  /** `blobs/sha256`. */
  readonly blobs: string;
}

export async function openStaging(store: ImageStore): Promise<Staging> {
  const path = incomingPath(store);
  const blobs = join(path, 'layout', 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  return {
    path,
    blobs,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** The transport and path by which skopeo knows the layout. */
export function layoutOf({ path }: Staging): string {
  return `oci:${join(path, 'layout')}`;
}

/** Makes the staged blobs a layout of one image. */
export async function listOnly({ path }: Staging, manifest: Pick<Descriptor, 'digest' | 'size'>): Promise<void> {
  const entry = { mediaType: mediaTypes.manifest, ...manifest };
  await writeFile(join(path, 'layout', 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(join(path, 'layout', 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
}
