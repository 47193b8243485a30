import { buildDatePath } from './image/build-date.ts';
import { releasePath } from './release.ts';

/**
 * What decides an ISO beside its flat kickstart and what the builder's image is made of: the one list, for the hash that
 * Nx makes of an `image` and for the digest by which the image store finds one.
 */
export const imageInputs = {
  /** What runs to build one. What looks for an ISO, keeps, shares, signs and shows it is not. */
  code: {
    packages: ['flattener', 'host', 'iso-builder', 'rehearsal'],
    sources: ['pipeline/src/*.ts', 'pipeline/src/config/*.ts', 'pipeline/src/image/*.ts'],
  },
  /** Relative to the workspace. */
  files: [buildDatePath, releasePath],
  /** Of the environment. */
  variables: [
    'PHYLLOME_BUILDER',
    'PHYLLOME_EXTRA_BOOT_ARGS',
    'PHYLLOME_LOCK',
    'PHYLLOME_NETWORK',
    'PHYLLOME_UNATTENDED',
    'SOURCE_DATE_EPOCH',
  ],
} as const;
