/**
 * What keeps the rehearsal builder's image from being made. Stable: scripts match on these.
 *
 * - environment: `REHEARSAL_MMDEBSTRAP_MISSING`, `REHEARSAL_MIRROR_UNREACHABLE`, `REHEARSAL_KEYRING_MISSING`,
 *   `REHEARSAL_DISK_FULL`, `REHEARSAL_CACHE_UNWRITABLE`
 * - anything else mmdebstrap says no to: `REHEARSAL_ROOTFS_FAILED`
 */
export type RehearsalErrorCode =
  | 'REHEARSAL_MMDEBSTRAP_MISSING'
  | 'REHEARSAL_MIRROR_UNREACHABLE'
  | 'REHEARSAL_KEYRING_MISSING'
  | 'REHEARSAL_DISK_FULL'
  | 'REHEARSAL_CACHE_UNWRITABLE'
  | 'REHEARSAL_ROOTFS_FAILED';

/** The one error class of this package's client side. The message says what happened, the hint what to do next. */
export class RehearsalError extends Error {
  override readonly name = 'RehearsalError';
  readonly code: RehearsalErrorCode;
  readonly hint: string;

  constructor(code: RehearsalErrorCode, message: string, { hint, ...rest }: { hint: string; cause?: unknown }) {
    super(message, rest);
    this.code = code;
    this.hint = hint;
  }
}
