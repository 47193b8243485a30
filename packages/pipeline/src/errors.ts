import { type CodeTable, errorWith } from '@phyllome/host/errors';

/** Whose turn it is, by the code of what the pipeline refuses. The codes are stable. */
const codes = {
  NOT_A_WORKSPACE: ['usage', 'Neither the directory nor one above it has `leaves/` and `nx.json`.'],
  UNKNOWN_EDITION: ['usage', 'There is no live leaf of that edition.'],
  UNKNOWN_LEAF: ['usage', 'There is no leaf, or no file, of that name.'],
  BAD_OPTION: ['usage', 'A variable of the environment has a value that means nothing.'],
  BUILD_DATE_INVALID: ['usage', 'The file that has the date of ISOs does not name a day.'],
  RELEASE_INVALID: ['usage', '`release.json` is missing, or cannot be right.'],
  CONFIG_INVALID: ['usage', 'The configuration of the project cannot be read, or says something that cannot be.'],
  RECORD_INVALID: ['usage', "The record of an edition's packages cannot be read."],
  PACKAGES_UNRESOLVED: ['environment', 'The repositories do not say which packages an edition comes to.'],
  BASE_NOT_PINNED: ['usage', "The image that lorax's builder is made of is not in release.json yet."],
  BASE_OTHER_RELEASE: ['usage', "The builder's base image is of another release than the leaves."],
  FILE_NOT_UTF8: ['no', 'A leaf is not text.'],
  FILE_ENDLESS: ['no', 'A file of the workspace is, or leads to, what may never end: Nx would read it.'],
  FILE_MISPLACED: ['no', 'A file in `leaves/` or `flat/` would configure a program: Nx takes tasks from such.'],
  OUTPUT_IS_LINK: ['no', 'A file that is to be written, or a folder on the way to it, is a symbolic link.'],
  LEAF_NAME_INVALID: ['no', "A leaf's file name holds what is not allowed in names."],
  FLAT_STALE: ['no', 'A flat kickstart is missing, or is not what its leaf flattens to.'],
  INSTALLER_NOT_MADE: [
    'usage',
    'No installer of the distribution is named in release.json, of which a medium could be made.',
  ],
  RELEASE_NEEDS_FEDORA: ['usage', 'The release profile was asked of the rehearsal builder.'],
} as const satisfies CodeTable;

export type PipelineErrorCode = keyof typeof codes;

/** What the pipeline refuses before anything is built. */
export class PipelineError extends errorWith(codes) {
  override readonly name = 'PipelineError';
}
