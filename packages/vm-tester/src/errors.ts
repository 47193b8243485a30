import { errorWith, type Fault } from '@phyllome/host';

/**
 * What went wrong around the machine under test, not with it: a bad image is a {@link Verdict}, never an error. By the
 * code, whose fault it is. The codes are stable.
 */
const faults = {
  /** No qemu-system-x86_64 on the PATH. */
  QEMU_MISSING: 'environment',
  /** QEMU refused its command line or ended before it answered. */
  QEMU_FAILED: 'environment',
  /** Neither KVM nor TCG runs the probe. */
  ACCELERATOR_BROKEN: 'environment',
  /** No OVMF for the firmware asked for. */
  FIRMWARE_MISSING: 'environment',
  /** A disk that is to be kept, or a temporary directory, cannot be made. */
  DISK_FAILED: 'environment',
  /** A TPM was asked for, and swtpm does not start. */
  SWTPM_MISSING: 'environment',
  /** The image file cannot be read. */
  IMAGE_UNREADABLE: 'usage',
  /** A list of allowed faults has an entry without a tracker or a day. */
  ALLOW_INVALID: 'usage',
  /** An option, or several together, that no machine can be made of. */
  OPTIONS_INVALID: 'usage',
  /** A QMP command was answered with an error. */
  QMP_COMMAND: 'no',
  /** The QMP connection is closed. */
  QMP_CLOSED: 'no',
  /** The guest channel is not open (yet), or was lost. */
  GUEST_UNREACHABLE: 'no',
  /** The guest sent bytes that are no frame. */
  GUEST_PROTOCOL: 'no',
  /** A command did not end in time. */
  GUEST_TIMEOUT: 'no',
  /** `succeed` met a failing command. */
  COMMAND_FAILED: 'no',
  /** `fail` met a succeeding command. */
  COMMAND_SUCCEEDED: 'no',
  /** A unit is failed, or inactive with nothing to start it. */
  UNIT_FAILED: 'no',
  /** A wait reached its deadline. */
  WAIT_TIMEOUT: 'no',
  /** The machine is off, or was judged, while something was waited for. */
  MACHINE_ENDED: 'no',
  /** The machine was started without what is asked of it: a network, a needle directory, a login. */
  NOT_CONFIGURED: 'no',
  /** An image that tests were to run in did not boot. */
  NOT_ACCEPTED: 'no',
  /** A login on the serial console was refused. */
  LOGIN_FAILED: 'no',
  /** No needle of that tag is on the screen. */
  NO_MATCH: 'no',
  /** A needle's files are missing or make no sense. */
  NEEDLE_INVALID: 'no',
  /** The screen shows no console font that is known, and no OCR is installed. */
  SCREEN_UNREADABLE: 'no',
} as const satisfies Record<string, Fault>;

export type VmTesterErrorCode = keyof typeof faults;

/** Why a machine could not be started, driven or judged. */
export class VmTesterError extends errorWith(faults) {
  override readonly name = 'VmTesterError';
}
