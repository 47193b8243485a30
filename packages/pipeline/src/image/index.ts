/** How an edition's ISO is built, from its flat kickstart to its entry in the image store. */
export { buildDatePath, buildDateText } from './build-date.ts';
export { chooseBuilder, executorOf } from './builders.ts';
export type { ImageObserver, ImageOptions } from './image.ts';
export { buildImage } from './image.ts';
export { keepImage, restoreImage } from './keep.ts';
export { type ImagePlan, type ImageRequest, planImage } from './plan.ts';
export { signResult } from './sign.ts';
export { type ResultCheck, type ResultVerification, verifyResult, type VerifyResultOptions } from './verify.ts';
