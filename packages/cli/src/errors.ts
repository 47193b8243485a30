/** What the command line itself refuses. Each code is stable; `exit-codes.ts` says what the process exits with. */
export type CliErrorCode =
  | 'NOT_A_WORKSPACE'
  | 'UNKNOWN_EDITION'
  | 'UNKNOWN_LEAF'
  | 'BAD_OPTION'
  | 'BAD_PLACE'
  | 'FLAT_STALE'
  | 'FLAT_BROKEN'
  | 'LINT_FAILED'
  | 'LOCK_STALE'
  | 'MACHINE_ENDED'
  | 'IMAGE_NOT_FOUND'
  | 'NO_IMAGE'
  | 'NO_MACHINE'
  | 'ISO_NOT_FOUND'
  | 'PIN_STALE'
  | 'REGISTRY_UNREACHABLE'
  | 'RELEASE_NEEDS_FEDORA'
  | 'UNKNOWN_COMMIT';

/** An error for people: `message` says what happened to what, `hint` what to do next. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliErrorCode;
  readonly hint: string;

  constructor(code: CliErrorCode, message: string, { hint, ...rest }: { hint: string; cause?: unknown }) {
    super(message, rest);
    this.code = code;
    this.hint = hint;
  }
}
