import { type CodeTable, errorWith } from '@phyllome/host';

/** Whose turn it is, by code. The codes are stable. */
const codes = {
  NOT_A_BUILD: ['usage', 'The directory holds no built image: no `image.json`, or one that cannot be read.'],
  BUILD_DAMAGED: ['no', 'An image is not what its evidence says.'],
  ROOT_UNREADABLE: ['no', 'The root file system of an image cannot be listed.'],
  PROGRAM_MISSING: ['environment', 'A program that lists or prepares files is not installed.'],
  RELEASE_EXISTS: ['usage', 'There is something at the place of the release already.'],
  BAD_TAG: ['usage', 'The tag cannot be the name of a release.'],
  NOT_ACCEPTED: ['no', 'An edition was not accepted, or not judged, and may not be released.'],
  PREVIOUS_UNREACHABLE: ['environment', 'The last release cannot be fetched from where it is served.'],
  NOTHING_TO_RELEASE: ['usage', 'Nothing was built that could be released.'],
} as const satisfies CodeTable;

export type ReleaseErrorCode = keyof typeof codes;

/** Why images were not compared, or not published. */
export class ReleaseError extends errorWith(codes) {
  override readonly name = 'ReleaseError';
}
