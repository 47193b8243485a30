import { buildDatePath } from './image/build-date.ts';
import { releasePath } from './release.ts';

/**
 * What decides an ISO beside its flat kickstart and what the builder's image is made of: the one list, for the hash that
 * Nx makes of an `image` and for the digest by which the image store finds one.
 */
export const imageInputs = {
  /** Packages, by folder: their code, and all code behind it. */
  code: ['pipeline'],
  /** Relative to the workspace. */
  files: [buildDatePath, releasePath],
  /** Of the environment. */
  variables: ['PHYLLOME_BUILDER', 'PHYLLOME_EXTRA_BOOT_ARGS', 'PHYLLOME_LOCK', 'PHYLLOME_NETWORK', 'SOURCE_DATE_EPOCH'],
} as const;
