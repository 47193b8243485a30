/** What an edition's ISO is built of, and how it is built. Where it is looked for first, and kept, is `../obtain`. */
export { buildDatePath, buildDateText } from './build-date.ts';
export { builderName, chooseBuilder, executorOf } from './builders.ts';
export type { ImageObserver, ImageOptions } from './image.ts';
export { type ImagePlan, type ImageRequest, planImage } from './plan.ts';
