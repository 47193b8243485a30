import { type ErrorDetails, errorWith, type Fault } from '@phyllome/host';
import type { FailureCause } from '@phyllome/installer';

/** What went wrong, and whose fault it is. The codes are stable: scripts match on these. */
const faults = {
  /** No container engine answers. */
  ENGINE_NOT_FOUND: 'environment',
  /** The engine that was asked for does not answer. */
  ENGINE_UNREACHABLE: 'environment',
  /** The engine stopped answering during a build. */
  ENGINE_LOST: 'environment',
  /** The engine refused a request that every engine should grant. */
  ENGINE_REFUSED: 'environment',
  /** The registry of the builder's base image does not answer. */
  REGISTRY_UNREACHABLE: 'environment',
  /** A package mirror does not answer while the builder's image is built. */
  MIRROR_UNREACHABLE: 'environment',
  /** There is no room for the build or its result. */
  DISK_TOO_SMALL: 'environment',
  /** The result cannot be written where it is to go. */
  DESTINATION_UNUSABLE: 'environment',
  /** The engine's machine lacks a file system or loop devices. */
  KERNEL_UNSUITABLE: 'environment',
  /** This machine cannot build without a container. */
  HOST_UNSUITABLE: 'environment',
  /** The clock is so wrong that certificates or signatures are not valid. */
  CLOCK_WRONG: 'environment',
  /** The volume id is not valid in ISO 9660. */
  VOLID_INVALID: 'usage',
  /** The file name of the ISO is not valid. */
  ISO_NAME_INVALID: 'usage',
  /** An option has a value that cannot be. */
  OPTION_INVALID: 'usage',
  /** The builder's image could not be built. */
  IMAGE_BUILD_FAILED: 'no',
  /** livemedia-creator refused the kickstart. */
  KICKSTART_REFUSED: 'no',
  /** The installer failed. */
  INSTALL_FAILED: 'no',
  /** Anything else failed in the builder. */
  BUILD_FAILED: 'no',
  /** The build took longer than it may. */
  BUILD_TIMEOUT: 'no',
  /** The builder ended without an ISO. */
  ISO_MISSING: 'no',
  /** The ISO cannot be read. */
  ISO_UNREADABLE: 'no',
  /** The ISO is shorter than its volume descriptor says. */
  ISO_TRUNCATED: 'no',
  /** The ISO has no boot record for BIOS or UEFI. */
  ISO_NOT_BOOTABLE: 'no',
  /** The checksum implanted in the ISO is not that of its data. */
  ISO_CHECKSUM_WRONG: 'no',
  /** The ISO has another volume id than the one asked for. */
  ISO_VOLID_WRONG: 'no',
  /** A file of a result is missing. */
  EVIDENCE_MISSING: 'no',
  /** A document of a result cannot be read. */
  EVIDENCE_INVALID: 'no',
  /** Two documents of a result contradict each other. */
  EVIDENCE_DIFFERS: 'no',
} as const satisfies Record<string, Fault>;

export type IsoBuildErrorCode = keyof typeof faults;

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

/** An ISO could not be built, or is not what it should be. */
export class IsoBuildError extends errorWith(faults) {
  override readonly name = 'IsoBuildError';
  readonly evidence: Evidence;

  constructor(
    code: IsoBuildErrorCode,
    message: string,
    { evidence = {}, ...details }: ErrorDetails & { evidence?: Evidence },
  ) {
    super(code, message, details);
    this.evidence = evidence;
  }
}
