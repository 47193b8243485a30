import { editionArchitecture } from '@phyllome/host/architecture';
import { type CodeTable, errorWith } from '@phyllome/host';

/**
 * What went wrong around the machine under test, not with it: a bad image is a {@link Verdict}, never an error. By the
 * code, whose fault it is. The codes are stable.
 */
const codes = {
  QEMU_MISSING: ['environment', `No ${editionArchitecture.qemu} on the PATH.`],
  QEMU_FAILED: ['environment', 'QEMU refused its command line or ended before it answered.'],
  ACCELERATOR_BROKEN: ['environment', 'Neither KVM nor TCG runs the probe.'],
  FIRMWARE_MISSING: ['environment', 'No OVMF for the firmware asked for.'],
  DISK_FAILED: ['environment', 'A disk that is to be kept, or a temporary directory, cannot be made.'],
  SWTPM_MISSING: ['environment', 'A TPM was asked for, and swtpm does not start.'],
  IMAGE_UNREADABLE: ['usage', 'The image file cannot be read.'],
  ALLOW_INVALID: ['usage', 'A list of allowed faults has an entry without a tracker or a day.'],
  OPTIONS_INVALID: ['usage', 'An option, or several together, that no machine can be made of.'],
  QMP_COMMAND: ['no', 'A QMP command was answered with an error, or not at all.'],
  QMP_CLOSED: ['no', 'The QMP connection is closed.'],
  GUEST_UNREACHABLE: ['no', 'The guest channel is not open (yet), or was lost.'],
  GUEST_PROTOCOL: ['no', 'The guest sent bytes that are not a frame.'],
  GUEST_TIMEOUT: ['no', 'A command did not end in time.'],
  COMMAND_FAILED: ['no', '`succeed` met a failing command.'],
  COMMAND_SUCCEEDED: ['no', '`fail` met a succeeding command.'],
  UNIT_FAILED: ['no', 'A unit is failed, or inactive with nothing to start it.'],
  WAIT_TIMEOUT: ['no', 'A wait reached its deadline.'],
  MACHINE_ENDED: ['no', 'The machine is off, or was judged, while something was waited for.'],
  NOT_CONFIGURED: [
    'no',
    'The machine was started without what is asked of it: a network, a needle directory, a login.',
  ],
  NOT_ACCEPTED: ['no', 'An image that tests were to run in did not boot.'],
  LOGIN_FAILED: ['no', 'A login on the serial console was refused.'],
  NO_MATCH: ['no', 'No needle of that tag is on the screen.'],
  NEEDLE_INVALID: ['no', "A needle's files are missing or make no sense."],
  SCREEN_UNREADABLE: ['no', 'The screen shows no console font that is known, and no OCR is installed.'],
} as const satisfies CodeTable;

/** The stable name of an error, by which programs distinguish them. */
export type VmTesterErrorCode = keyof typeof codes;

/** Why a machine could not be started, driven or judged. */
export class VmTesterError extends errorWith(codes) {
  override readonly name = 'VmTesterError';
}
