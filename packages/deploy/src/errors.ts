import { type ErrorDetails, errorWith, type Fault } from '@phyllome/host';

/** Why an edition could not be installed, and whose fault each reason is. The codes are stable. */
const faults = {
  /** A program that the chosen way of installing needs is not on the PATH. */
  PROGRAM_MISSING: 'environment',
  /** What was given as the installer's source is no install tree, no ISO, or lacks a part of one. */
  SOURCE_INVALID: 'usage',
  /** What was downloaded is not what its checksum says, or has none. */
  CHECKSUM_WRONG: 'usage',
  /** The source's server does not answer, or has no such file. */
  DOWNLOAD_FAILED: 'environment',
  /** The disk is smaller than what the kickstart's partitions ask for. */
  DISK_SIZE_INVALID: 'usage',
  /** There is a disk already, which may hold somebody's data. */
  DISK_EXISTS: 'usage',
  /** The kickstart does not end as an installation in a machine must. */
  KICKSTART_UNSUITABLE: 'usage',
  /** A name that cannot be that of a file in an initramfs. */
  NAME_INVALID: 'usage',
  /** The installer said that it cannot go on, or ended without having installed. */
  INSTALL_FAILED: 'no',
  /** The installer made no progress for too long. */
  INSTALL_STALLED: 'no',
  /** virt-install, or the libvirt behind it, refused. */
  VIRT_INSTALL_FAILED: 'no',
} as const satisfies Record<string, Fault>;

export type DeployErrorCode = keyof typeof faults;

export interface DeployErrorDetails extends ErrorDetails {
  evidence?: { directory: string } | undefined;
  kickstartLine?: number | undefined;
}

/** Ends a deployment: `message` says what happened to what, `hint` what to do next. */
export class DeployError extends errorWith(faults) {
  override readonly name = 'DeployError';
  /** Where the logs of the attempt are kept. */
  readonly evidence: { directory: string } | undefined;
  /** The line of the kickstart that the installer speaks of. */
  readonly kickstartLine: number | undefined;

  constructor(code: DeployErrorCode, message: string, { evidence, kickstartLine, ...details }: DeployErrorDetails) {
    super(code, message, details);
    this.evidence = evidence;
    this.kickstartLine = kickstartLine;
  }
}
