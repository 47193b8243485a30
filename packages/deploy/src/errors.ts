/** Why an edition could not be installed. Each code is stable. */
export type DeployErrorCode =
  /** A program that the chosen way of installing needs is not on the PATH. */
  | 'PROGRAM_MISSING'
  /** What was given as the installer's source is no install tree, no ISO, or lacks a part of one. */
  | 'SOURCE_INVALID'
  /** What was downloaded is not what its checksum says, or has none. */
  | 'CHECKSUM_WRONG'
  /** The source's server does not answer, or has no such file. */
  | 'DOWNLOAD_FAILED'
  /** The disk is smaller than what the kickstart's partitions ask for. */
  | 'DISK_SIZE_INVALID'
  /** There is a disk already, which may hold somebody's data. */
  | 'DISK_EXISTS'
  /** The kickstart does not end as an installation in a machine must. */
  | 'KICKSTART_UNSUITABLE'
  /** A name that cannot be that of a file in an initramfs. */
  | 'NAME_INVALID'
  /** The installer said that it cannot go on, or ended without having installed. */
  | 'INSTALL_FAILED'
  /** The installer made no progress for too long. */
  | 'INSTALL_STALLED'
  /** virt-install, or the libvirt behind it, refused. */
  | 'VIRT_INSTALL_FAILED';

export interface DeployErrorDetails {
  hint: string;
  cause?: unknown;
  evidence?: { directory: string } | undefined;
  kickstartLine?: number | undefined;
}

/** Ends a deployment: `message` says what happened to what, `hint` what to do next. */
export class DeployError extends Error {
  override readonly name = 'DeployError';
  readonly code: DeployErrorCode;
  readonly hint: string;
  /** Where the logs of the attempt are kept. */
  readonly evidence: { directory: string } | undefined;
  /** The line of the kickstart that the installer speaks of. */
  readonly kickstartLine: number | undefined;

  constructor(code: DeployErrorCode, message: string, { hint, evidence, kickstartLine, ...rest }: DeployErrorDetails) {
    super(message, rest);
    this.code = code;
    this.hint = hint;
    this.evidence = evidence;
    this.kickstartLine = kickstartLine;
  }
}
