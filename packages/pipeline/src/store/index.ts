/**
 * The image store: where ISOs and their evidence are, once each, by content. It is beside Nx's cache and not in it: Nx
 * copies what it caches and reads it into memory to send it anywhere, which suits a manifest and not an ISO. It is an OCI
 * image layout, which skopeo, oras and registries can read, and it is shared by all clones of a user.
 *
 * Nothing in it is believed: a blob is read from end to end when it enters and when its proof is old, and looked at each
 * time it is used; a damaged one is put aside. No symbolic link in it is followed.
 */
export { blobPath, checkStore, type ImageStore, openStore, removeUnfinished, storeExists } from './directories.ts';
export { StoreError, type StoreErrorCode } from './errors.ts';
export { type Collected, collectGarbage, type CollectOptions, emptyStore, type ImageUse, usesOf } from './collect.ts';
export {
  addImage,
  findImage,
  type ImageFacts,
  type ImageFile,
  listImages,
  type Placed,
  placeIso,
  prepareStore,
  readEvidence,
  readStoredArtifact,
  type StoredImage,
  type StoreOptions,
} from './images.ts';
export { type StoreVerification, verifyStore } from './verify.ts';
