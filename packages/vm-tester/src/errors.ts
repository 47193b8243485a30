/** What went wrong around the machine under test, not with it: a bad image is a {@link Verdict}, never an error. */
export type VmTesterErrorCode =
  /** No qemu-system-x86_64 on the PATH. */
  | 'QEMU_MISSING'
  /** QEMU refused its command line or ended before it answered. */
  | 'QEMU_FAILED'
  /** Neither KVM nor TCG runs the probe. */
  | 'ACCELERATOR_BROKEN'
  /** No OVMF for the firmware asked for. */
  | 'FIRMWARE_MISSING'
  /** A disk that is to be kept, or a temporary directory, cannot be made. */
  | 'DISK_FAILED'
  /** A TPM was asked for, and swtpm does not start. */
  | 'SWTPM_MISSING'
  /** The image file cannot be read. */
  | 'IMAGE_UNREADABLE'
  /** A list of allowed faults has an entry without a tracker or a day. */
  | 'ALLOW_INVALID'
  /** A QMP command was answered with an error. */
  | 'QMP_COMMAND'
  /** The QMP connection is closed. */
  | 'QMP_CLOSED'
  /** The guest channel is not open (yet), or was lost. */
  | 'GUEST_UNREACHABLE'
  /** The guest sent bytes that are no frame. */
  | 'GUEST_PROTOCOL'
  /** A command did not end in time. */
  | 'GUEST_TIMEOUT'
  /** `succeed` met a failing command. */
  | 'COMMAND_FAILED'
  /** `fail` met a succeeding command. */
  | 'COMMAND_SUCCEEDED'
  /** A unit is failed, or inactive with nothing to start it. */
  | 'UNIT_FAILED'
  /** A wait reached its deadline. */
  | 'WAIT_TIMEOUT'
  /** The machine is off, or was judged, while something was waited for. */
  | 'MACHINE_ENDED'
  /** The machine was started without what is asked of it: a network, a needle directory, a login. */
  | 'NOT_CONFIGURED'
  /** An image that tests were to run in did not boot. */
  | 'NOT_ACCEPTED'
  /** A login on the serial console was refused. */
  | 'LOGIN_FAILED'
  /** No needle of that tag is on the screen. */
  | 'NO_MATCH'
  /** A needle's files are missing or make no sense. */
  | 'NEEDLE_INVALID'
  /** The screen shows no console font that is known, and no OCR is installed. */
  | 'SCREEN_UNREADABLE';

/** @see {@link VmTesterErrorCode} for what each code means. */
export class VmTesterError extends Error {
  override readonly name = 'VmTesterError';
  readonly code: VmTesterErrorCode;
  /** What to do next; a command if possible. */
  readonly hint: string;

  constructor(code: VmTesterErrorCode, message: string, { hint, ...rest }: { hint: string; cause?: unknown }) {
    super(message, rest);
    this.code = code;
    this.hint = hint;
  }
}
