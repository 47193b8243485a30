/**
 * The remote store: a repository of any OCI registry in which machines share images, looked up by the digest of what
 * decides them. skopeo does the talking, with the login that the user has. Nothing that comes is believed: what is fetched
 * here is judged as any result is, before the image store takes it.
 */
export { RemoteError, type RemoteErrorCode } from './errors.ts';
export { type Fetched, fetchImage, wrong } from './fetch.ts';
export { type Pushed, pushImage, type PushOptions } from './push.ts';
export { openRemote, type Remote, tagOf } from './remote.ts';
export { isShared } from './shared.ts';
