/**
 * How an edition's image comes to `dist/`: from there, the image store, the remote store, or a build; how it is kept,
 * checked and signed. Nothing here decides what is in an ISO: an edit rebuilds none.
 */
export { keepImage } from './keep.ts';
export { type Obtained, obtainImage, type ObtainObserver, type ObtainOptions } from './obtain.ts';
export { pullImage } from './pull.ts';
export { signResult } from './sign.ts';
export { type ResultCheck, type ResultVerification, verifyResult, type VerifyResultOptions } from './verify.ts';
