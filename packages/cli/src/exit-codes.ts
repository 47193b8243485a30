import { ExplainedError } from '@phyllome/host';
import { Interrupted } from './interrupt.ts';
import { systemRefusal } from './system-error.ts';

/** What the process exits with; the README documents it. */
export const exitCodes = {
  ok: 0,
  /** It ran, and the answer is no: build failed, ISO rejected, kickstart wrong, flat file stale. */
  no: 1,
  /** The command line asks for what does not exist. */
  usage: 2,
  /** The machine lacks what is needed: engine, QEMU, network, space. */
  environment: 3,
  /** The machine could not judge the ISO. */
  inconclusive: 4,
  sigint: 130,
  sigterm: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const usage = new Set([
  'ALLOW_INVALID',
  'BAD_OPTION',
  'BAD_PLACE',
  'CHECKSUM_WRONG',
  'DISK_EXISTS',
  'DISK_SIZE_INVALID',
  'BASE_OTHER_RELEASE',
  'IMAGE_UNREADABLE',
  'ISO_NAME_INVALID',
  'ISO_NOT_FOUND',
  'KICKSTART_UNSUITABLE',
  'KS_UNKNOWN_RELEASE',
  'LINT_CONFIG_INVALID',
  'NOT_A_WORKSPACE',
  'NO_IMAGE',
  'NO_MACHINE',
  'OPTION_INVALID',
  'RELEASE_INVALID',
  'RELEASE_NEEDS_FEDORA',
  'SOURCE_INVALID',
  'UNKNOWN_COMMIT',
  'UNKNOWN_EDITION',
  'UNKNOWN_LEAF',
  'VOLID_INVALID',
]);

const environment = new Set([
  'ACCELERATOR_BROKEN',
  'CLOCK_WRONG',
  'DESTINATION_UNUSABLE',
  'DISK_FAILED',
  'DISK_TOO_SMALL',
  'DOWNLOAD_FAILED',
  'ENGINE_LOST',
  'ENGINE_NOT_FOUND',
  'ENGINE_REFUSED',
  'ENGINE_UNREACHABLE',
  'FIRMWARE_MISSING',
  'HOST_UNSUITABLE',
  'IMAGE_NOT_FOUND',
  'KERNEL_UNSUITABLE',
  'MIRROR_UNREACHABLE',
  'PROGRAM_MISSING',
  'QEMU_FAILED',
  'QEMU_MISSING',
  'REGISTRY_UNREACHABLE',
  'REHEARSAL_CACHE_UNWRITABLE',
  'REHEARSAL_DISK_FULL',
  'REHEARSAL_KEYRING_MISSING',
  'REHEARSAL_MIRROR_UNREACHABLE',
  'REHEARSAL_MMDEBSTRAP_MISSING',
  'SWTPM_MISSING',
]);

/** The exit code that an error stands for. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof Interrupted) return error.signalName === 'SIGINT' ? exitCodes.sigint : exitCodes.sigterm;
  if (error instanceof ExplainedError) return exitCodes[error.fault];
  const code = codeOf(error);
  if (code !== undefined && usage.has(code)) return exitCodes.usage;
  if (code !== undefined && environment.has(code)) return exitCodes.environment;
  const refusal = systemRefusal(error);
  return refusal === undefined ? exitCodes.no : exitCodes[refusal.fault];
}

/** The stable code of an error that is for people, by the convention of all packages: a string `code` and a `hint`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'hint' in error
    ? error.code
    : undefined;
}
