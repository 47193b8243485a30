import { type ErrorDetails, errorWith, type Fault } from '@phyllome/host/errors';

/** What the command line itself refuses, and whose fault that is. The codes are stable. */
const faults = {
  NOT_A_WORKSPACE: 'usage',
  UNKNOWN_EDITION: 'usage',
  UNKNOWN_LEAF: 'usage',
  UNKNOWN_COMMAND: 'usage',
  BAD_ARGUMENTS: 'usage',
  BAD_OPTION: 'usage',
  BAD_PLACE: 'usage',
  FLAT_STALE: 'no',
  FLAT_BROKEN: 'no',
  LINT_FAILED: 'no',
  LOCK_STALE: 'no',
  MACHINE_ENDED: 'no',
  IMAGE_NOT_FOUND: 'environment',
  NO_IMAGE: 'usage',
  NO_MACHINE: 'usage',
  ISO_NOT_FOUND: 'usage',
  PIN_STALE: 'no',
  REGISTRY_UNREACHABLE: 'environment',
  UNKNOWN_COMMIT: 'usage',
} as const satisfies Record<string, Fault>;

export type CliErrorCode = keyof typeof faults;

/** A command was refused, or failed. */
export class CliError extends errorWith(faults) {
  override readonly name = 'CliError';
  /** Of several that failed, each for itself; this error is what they amount to. */
  readonly failures: readonly Error[];

  constructor(
    code: CliErrorCode,
    message: string,
    { failures = [], ...details }: ErrorDetails & { failures?: readonly Error[] },
  ) {
    super(code, message, details);
    this.failures = failures;
  }
}
