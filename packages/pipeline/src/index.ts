/**
 * What decides an ISO, from the name of a leaf to the file in the image store, and so what Nx hashes: how leaves and
 * editions are named, whether flat kickstarts are fresh, which builder is chosen, what an ISO is called, what time its
 * files bear. What only shows or judges an ISO is elsewhere: to edit that rebuilds nothing.
 *
 * This entry has what a checkout is made of. `@phyllome/pipeline/image` builds, and loads the builders for it;
 * `@phyllome/pipeline/record` reads which ISO there is;
 * `@phyllome/pipeline/store` keeps ISOs; `@phyllome/pipeline/leaves` is names alone.
 */
export type { PipelineErrorCode } from './errors.ts';
export { PipelineError } from './errors.ts';
export type { FlatLeaf, Stale } from './flat.ts';
export {
  compareFlat,
  describeLine,
  describeStale,
  flattenLeaf,
  kickstartDigest,
  place,
  requireFresh,
  writeFlat,
} from './flat.ts';
export { requireLeafName } from './leaf-name.ts';
export type { NameWords } from './leaves.ts';
export {
  editionOf,
  flatPath,
  installedBy,
  installerOf,
  isLive,
  leafNameProblem,
  leafPath,
  nxOf,
  traitsOf,
} from './leaves.ts';
export type { Profile } from './profile.ts';
export { profiles } from './profile.ts';
export { volidOf } from './volid.ts';
export { requireNoConfiguration } from './misplaced-files.ts';
export { requireReadableFiles } from './readable-files.ts';
export type { Distribution, DistributionId, Target } from './distributions.ts';
export {
  distributions,
  endOfLife,
  installTree,
  kickstartRelease,
  packageSources,
  parseTarget,
  tagOf,
  targetName,
} from './distributions.ts';
export type { Base, Release } from './release.ts';
export { readRelease, releasePath, releaseText } from './release.ts';
export type { Workspace } from './workspace.ts';
export {
  distOf,
  installationOf,
  knownNames,
  leafOfEdition,
  openAround,
  openWorkspace,
  requireLeaf,
  withKickstarts,
} from './workspace.ts';
export { writeIfChanged } from './write.ts';
