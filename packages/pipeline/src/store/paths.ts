import { join } from 'node:path';
import { cacheDirectory } from '@phyllome/host/cache-directory';

/**
 * Where the store is, and what is where in it. Beside what an OCI image layout has, `local/` keeps what is of this
 * machine alone: notes of what was proven, half-made files, and what was found damaged.
 */
export interface ImageStore {
  readonly root: string;
}

/** The user's store: `PHYLLOME_STORE`, or `phyllome/store` in the XDG cache directory. Nothing is made yet. */
export function openStore(env: NodeJS.ProcessEnv): ImageStore {
  return { root: env['PHYLLOME_STORE'] || join(cacheDirectory(env), 'store') };
}

export interface StorePaths {
  layout: string;
  index: string;
  blobs: string;
  /** One note for each blob that was proven, by its digest. */
  proofs: string;
  /** One note for each ISO that was put somewhere, by the digest of its path. */
  placed: string;
  /** Files that are being made, named by the process that makes them. */
  incoming: string;
  /** What was found damaged. */
  quarantine: string;
  lock: string;
  /** A lock for each image that is being built or fetched, by the digest of what decides it. */
  building: string;
  /** An empty note for each image that a registry has. */
  shared: string;
  /** A note for each build that had nothing to do. */
  upToDate: string;
  /** ISOs of a store as earlier versions had it. */
  earlier: string;
}

export function pathsOf({ root }: ImageStore): StorePaths {
  const local = join(root, 'local');
  return {
    layout: join(root, 'oci-layout'),
    index: join(root, 'index.json'),
    blobs: join(root, 'blobs', 'sha256'),
    proofs: join(local, 'proofs'),
    placed: join(local, 'placed'),
    incoming: join(local, 'incoming'),
    quarantine: join(local, 'quarantine'),
    lock: join(local, 'index.lock'),
    building: join(local, 'building'),
    shared: join(local, 'shared'),
    upToDate: join(local, 'up-to-date'),
    earlier: join(root, 'sha256'),
  };
}

/** A blob's path. `hex` is a digest that was checked to be one. */
export function blobPath(store: ImageStore, hex: string): string {
  return join(pathsOf(store).blobs, hex);
}
