import { type CodeTable, errorWith } from '@phyllome/host';

/** Why the rehearsal builder's image could not be made, and whose fault each reason is. The codes are stable. */
const codes = {
  REHEARSAL_MMDEBSTRAP_MISSING: ['environment', 'mmdebstrap, which makes the image, is not installed.'],
  REHEARSAL_MIRROR_UNREACHABLE: ['environment', "Debian's mirror does not answer."],
  REHEARSAL_KEYRING_MISSING: ['environment', "The keys that Debian's packages are signed with are not installed."],
  REHEARSAL_DISK_FULL: ['environment', 'There is no room for the image.'],
  REHEARSAL_CACHE_UNWRITABLE: ['environment', 'The directory in which packages are kept cannot be written.'],
  REHEARSAL_ROOTFS_FAILED: ['no', 'mmdebstrap failed in any other way.'],
} as const satisfies CodeTable;

export type RehearsalErrorCode = keyof typeof codes;

/** The image of the rehearsal builder could not be made. */
export class RehearsalError extends errorWith(codes) {
  override readonly name = 'RehearsalError';
}
