import { errorWith, type Fault } from '@phyllome/host';

/** Whose turn it is, by code. The codes are stable. */
const faults = {
  /** The directory holds no built image: no `image.json`, or one that cannot be read. */
  NOT_A_BUILD: 'usage',
  /** An image is not what its evidence says. */
  BUILD_DAMAGED: 'no',
  /** The root file system of an image cannot be listed. */
  ROOT_UNREADABLE: 'no',
  /** A program that lists or prepares files is not installed. */
  PROGRAM_MISSING: 'environment',
  /** There is something at the place of the release already. */
  RELEASE_EXISTS: 'usage',
  /** The tag cannot be the name of a release. */
  BAD_TAG: 'usage',
  /** An edition was not accepted, or not judged, and may not be released. */
  NOT_ACCEPTED: 'no',
  /** Nothing was built that could be released. */
  NOTHING_TO_RELEASE: 'usage',
} as const satisfies Record<string, Fault>;

export type ReleaseErrorCode = keyof typeof faults;

/** Why images were not compared, or not published. */
export class ReleaseError extends errorWith(faults) {
  override readonly name = 'ReleaseError';
}
