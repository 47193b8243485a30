import { type CodeTable, type ErrorDetails, errorWith } from '@phyllome/host';

/** Why an edition could not be installed, and whose fault each reason is. The codes are stable. */
const codes = {
  PROGRAM_MISSING: ['environment', 'A program that the chosen way of installing needs is not on the PATH.'],
  SOURCE_INVALID: [
    'usage',
    "What was given as the installer's source is neither an install tree nor an ISO, or lacks a part of it.",
  ],
  CHECKSUM_WRONG: ['usage', 'What was downloaded is not what its checksum says, or has none.'],
  DOWNLOAD_FAILED: ['environment', "The source's server does not answer, or has no such file."],
  DISK_SIZE_INVALID: ['usage', "The disk is smaller than what the kickstart's partitions ask for."],
  DISK_EXISTS: ['usage', "There is a disk already, which may hold somebody's data."],
  KICKSTART_UNSUITABLE: ['usage', 'The kickstart does not end as an installation in a machine must.'],
  NAME_INVALID: ['usage', 'A name that cannot be that of a file in an initramfs.'],
  INSTALL_FAILED: ['no', 'The installer said that it cannot go on, or ended without having installed.'],
  INSTALL_STALLED: ['no', 'The installer made no progress for too long.'],
  VIRT_INSTALL_FAILED: ['no', 'virt-install, or the libvirt behind it, refused.'],
} as const satisfies CodeTable;

export type DeployErrorCode = keyof typeof codes;

export interface DeployErrorDetails extends ErrorDetails {
  evidence?: { directory: string } | undefined;
  kickstartLine?: number | undefined;
}

/** Ends a deployment: `message` says what happened to what, `hint` what to do next. */
export class DeployError extends errorWith(codes) {
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
