import { type CodeTable, type ErrorDetails, errorWith } from '@phyllome/host';
import type { FailureCause } from '@phyllome/installer';

/** What went wrong, and whose fault it is. The codes are stable: scripts match on these. */
const codes = {
  ENGINE_NOT_FOUND: ['environment', 'No container engine answers.'],
  ENGINE_UNREACHABLE: ['environment', 'The engine that was asked for does not answer.'],
  ENGINE_LOST: ['environment', 'The engine stopped answering during a build.'],
  ENGINE_REFUSED: ['environment', 'The engine refused a request that every engine should grant.'],
  REGISTRY_UNREACHABLE: ['environment', "The registry of the builder's base image does not answer."],
  MIRROR_UNREACHABLE: ['environment', "A package mirror does not answer while the builder's image is built."],
  DISK_TOO_SMALL: ['environment', 'There is no room for the build or its result.'],
  DESTINATION_UNUSABLE: ['environment', 'The result cannot be written where it is to go.'],
  KERNEL_UNSUITABLE: ['environment', "The engine's machine lacks a file system or loop devices."],
  HOST_UNSUITABLE: ['environment', 'This machine cannot build without a container.'],
  MACHINE_FAILED: ['environment', "A builder's virtual machine does not start, crashed, or was ended."],
  CLOCK_WRONG: ['environment', 'The clock is so wrong that certificates or signatures are not valid.'],
  VOLID_INVALID: ['usage', 'The volume id is not valid in ISO 9660.'],
  ISO_NAME_INVALID: ['usage', 'The file name of the ISO is not valid.'],
  OPTION_INVALID: ['usage', 'An option has a value that cannot be.'],
  IMAGE_BUILD_FAILED: ['no', "The builder's image could not be built."],
  KICKSTART_REFUSED: ['no', 'livemedia-creator refused the kickstart.'],
  INSTALL_FAILED: ['no', 'The installer failed.'],
  BUILD_FAILED: ['no', 'Anything else failed in the builder.'],
  BUILD_TIMEOUT: ['no', 'The build took longer than it may.'],
  ISO_MISSING: ['no', 'The builder ended without an ISO.'],
  ISO_UNREADABLE: ['no', 'The ISO cannot be read.'],
  ISO_TRUNCATED: ['no', 'The ISO is shorter than its volume descriptor says.'],
  ISO_NOT_BOOTABLE: ['no', 'The ISO has no boot record for BIOS or UEFI.'],
  ISO_CHECKSUM_WRONG: ['no', 'The checksum implanted in the ISO is not that of its data.'],
  INSTALLER_MENU_WRONG: ['no', 'The boot menu of an installer medium does not do what was asked for.'],
  ISO_VOLID_WRONG: ['no', 'The ISO has another volume id than the one asked for.'],
  EVIDENCE_MISSING: ['no', 'A file of a result is missing.'],
  EVIDENCE_INVALID: ['no', 'A document of a result cannot be read.'],
  EVIDENCE_DIFFERS: ['no', 'Two documents of a result contradict each other.'],
} as const satisfies CodeTable;

export type IsoBuildErrorCode = keyof typeof codes;

/** What the error was seen on. */
export interface Evidence {
  /** The program's exit code. */
  exitCode?: number;
  /** The command line that failed. */
  argv?: readonly string[];
  /** The last lines of its output, oldest first. */
  lastLines?: readonly string[];
  /** Why livemedia-creator failed, as far as its logs say. */
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
export class IsoBuildError extends errorWith(codes) {
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
