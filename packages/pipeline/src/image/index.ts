/** How an edition's ISO is built, from its flat kickstart to its entry in the image store. */
export { chooseBuilder } from './builders.ts';
export { withLeafLines } from './leaf-lines.ts';
export { sourceDateEpoch, sourcesOf } from './source-date-epoch.ts';
