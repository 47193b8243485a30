import { errorWith, type Fault } from '@phyllome/host';

/** Why the rehearsal builder's image could not be made, and whose fault each reason is. The codes are stable. */
const faults = {
  REHEARSAL_MMDEBSTRAP_MISSING: 'environment',
  REHEARSAL_MIRROR_UNREACHABLE: 'environment',
  REHEARSAL_KEYRING_MISSING: 'environment',
  REHEARSAL_DISK_FULL: 'environment',
  REHEARSAL_CACHE_UNWRITABLE: 'environment',
  /** mmdebstrap failed in any other way. */
  REHEARSAL_ROOTFS_FAILED: 'no',
} as const satisfies Record<string, Fault>;

export type RehearsalErrorCode = keyof typeof faults;

/** The image of the rehearsal builder could not be made. */
export class RehearsalError extends errorWith(faults) {
  override readonly name = 'RehearsalError';
}
