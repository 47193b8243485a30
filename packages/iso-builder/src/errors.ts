import type { FailureCause } from '@phyllome/installer';

/**
 * What went wrong, grouped by what a caller can do about it. Stable: scripts match on these.
 *
 * - environment, nothing was built: `ENGINE_NOT_FOUND` (no engine answers), `ENGINE_UNREACHABLE` (the one that was asked
 *   for does not answer), `ENGINE_LOST` (it stopped answering in mid-build), `ENGINE_REFUSED` (it answered no to a
 *   request that every engine should grant), `REGISTRY_UNREACHABLE`, `MIRROR_UNREACHABLE` (while building the builder's
 *   image), `DISK_TOO_SMALL`, `DESTINATION_UNUSABLE`, `KERNEL_UNSUITABLE` (the engine's machine lacks a file system or loop
 *   devices), `HOST_UNSUITABLE` (this machine cannot build without a container), `CLOCK_WRONG`
 * - usage: `VOLID_INVALID`, `ISO_NAME_INVALID`, `OPTION_INVALID`
 * - it ran and the answer is no: `IMAGE_BUILD_FAILED`, `KICKSTART_REFUSED` (livemedia-creator's own check),
 *   `INSTALL_FAILED` (the installer), `BUILD_FAILED` (anything else in the builder), `BUILD_TIMEOUT`, `ISO_MISSING`,
 *   `ISO_UNREADABLE`, `ISO_TRUNCATED`, `ISO_NOT_BOOTABLE`, `ISO_CHECKSUM_WRONG`, `ISO_VOLID_WRONG`
 * - a result is not what was built: `EVIDENCE_MISSING` (a file is gone), `EVIDENCE_INVALID` (a document cannot be read),
 *   `EVIDENCE_DIFFERS` (two of them contradict each other)
 */
export type IsoBuildErrorCode =
  | 'ENGINE_NOT_FOUND'
  | 'ENGINE_UNREACHABLE'
  | 'ENGINE_LOST'
  | 'ENGINE_REFUSED'
  | 'REGISTRY_UNREACHABLE'
  | 'MIRROR_UNREACHABLE'
  | 'DISK_TOO_SMALL'
  | 'DESTINATION_UNUSABLE'
  | 'KERNEL_UNSUITABLE'
  | 'HOST_UNSUITABLE'
  | 'CLOCK_WRONG'
  | 'VOLID_INVALID'
  | 'ISO_NAME_INVALID'
  | 'OPTION_INVALID'
  | 'IMAGE_BUILD_FAILED'
  | 'KICKSTART_REFUSED'
  | 'INSTALL_FAILED'
  | 'BUILD_FAILED'
  | 'BUILD_TIMEOUT'
  | 'ISO_MISSING'
  | 'ISO_UNREADABLE'
  | 'ISO_TRUNCATED'
  | 'ISO_NOT_BOOTABLE'
  | 'ISO_CHECKSUM_WRONG'
  | 'ISO_VOLID_WRONG'
  | 'EVIDENCE_MISSING'
  | 'EVIDENCE_INVALID'
  | 'EVIDENCE_DIFFERS';

/** What the error was seen on. */
export interface Evidence {
  /** The program's exit code. */
  exitCode?: number;
  /** The command line that failed. */
  argv?: readonly string[];
  /** The last lines of its output, oldest first. */
  lastLines?: readonly string[];
  /** Why livemedia-creator failed, as far as its logs tell. */
  cause?: FailureCause;
  /** The line of a log that decided, and where that is, as `logs/console.log:12`. */
  headline?: string;
  place?: string;
  /** The line of the flat kickstart, from 1, that the failure speaks of. */
  kickstartLine?: number;
  /** The directory that keeps the logs of the failed build. */
  directory?: string;
}

/** The one error class of this package. The message says what happened, to what, where; the hint what to do next. */
export class IsoBuildError extends Error {
  override readonly name = 'IsoBuildError';
  readonly code: IsoBuildErrorCode;
  readonly hint: string;
  readonly evidence: Evidence;

  constructor(
    code: IsoBuildErrorCode,
    message: string,
    { hint, evidence = {}, ...rest }: { hint: string; evidence?: Evidence; cause?: unknown },
  ) {
    super(message, rest);
    this.code = code;
    this.hint = hint;
    this.evidence = evidence;
  }
}
