/** How an edition's ISO is built, from its flat kickstart to its entry in the image store. */
export { buildDatePath, buildDateText } from './build-date.ts';
export { chooseBuilder, executorOf } from './builders.ts';
export type { ImageObserver, ImageOptions } from './image.ts';
export { keepImage } from './keep.ts';
export { type Obtained, obtainImage, type ObtainObserver, type ObtainOptions } from './obtain.ts';
export { type ImagePlan, type ImageRequest, planImage } from './plan.ts';
export { pullImage } from './pull.ts';
export { signResult } from './sign.ts';
export { type ResultCheck, type ResultVerification, verifyResult, type VerifyResultOptions } from './verify.ts';
