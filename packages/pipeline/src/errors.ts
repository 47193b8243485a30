import { errorWith, type Fault } from '@phyllome/host/errors';

/** Whose turn it is, by the code of what the pipeline refuses. The codes are stable. */
const faults = {
  /** Neither the directory nor one above it has `leaves/` and `nx.json`. */
  NOT_A_WORKSPACE: 'usage',
  /** There is no live leaf of that edition. */
  UNKNOWN_EDITION: 'usage',
  /** There is no leaf, or no file, of that name. */
  UNKNOWN_LEAF: 'usage',
  /** A variable of the environment has a value that means nothing. */
  BAD_OPTION: 'usage',
  /** The file that has the date of ISOs does not name a day. */
  BUILD_DATE_INVALID: 'usage',
  /** `release.json` is missing, or cannot be right. */
  RELEASE_INVALID: 'usage',
  /** The builder's base image is of another release than the leaves. */
  BASE_OTHER_RELEASE: 'usage',
  /** A leaf is not text. */
  FILE_NOT_UTF8: 'no',
  /** A file of the workspace is, or leads to, what may never end: Nx would read it. */
  FILE_ENDLESS: 'no',
  /** A leaf's file name holds what is not allowed in names. */
  LEAF_NAME_INVALID: 'no',
  /** A flat kickstart is missing, or is not what its leaf flattens to. */
  FLAT_STALE: 'no',
  /** The release profile was asked of the rehearsal builder. */
  RELEASE_NEEDS_FEDORA: 'usage',
} as const satisfies Record<string, Fault>;

export type PipelineErrorCode = keyof typeof faults;

/** What the pipeline refuses before anything is built. */
export class PipelineError extends errorWith(faults) {
  override readonly name = 'PipelineError';
}
