import { IsoBuildError, type IsoBuildErrorCode } from '../errors.ts';

/**
 * - `engine-version` Docker's API and Podman's copy of it are the ones this package is tested with
 * - `architecture` the engine's machine runs the builder's programs: they are of the editions' architecture
 * - `clock` the engine's machine and this one agree on the time, and the sources are not from the future
 * - `memory` of the engine's machine
 * - `space-engine`, `space-destination` free space
 * - `builder-image` the builder's image is there, or can be made
 * - `kernel-ext4`, `kernel-vfat` file systems that the kernel of the engine's machine must have
 * - `loop-devices` that kernel has them
 * - `user-namespace` root in a container is another user outside: only reported, a build goes on without
 * - `limits` memory and processes of a container can be limited: only reported
 * - `machine`, `accelerator` whether the builder runs in a virtual machine, and how fast that is here
 * - `root`, `livemedia-creator`, `anaconda`, `host-tools` what this machine must have when it builds without a container
 */
export type PreflightId =
  | 'engine-version'
  | 'architecture'
  | 'clock'
  | 'memory'
  | 'space-engine'
  | 'space-destination'
  | 'builder-image'
  | 'kernel-ext4'
  | 'kernel-vfat'
  | 'loop-devices'
  | 'user-namespace'
  | 'limits'
  | 'root'
  | 'livemedia-creator'
  | 'anaconda'
  | 'host-tools'
  | 'machine'
  | 'accelerator';

/** One thing that a build needs, and whether it is there. */
export interface PreflightCheck {
  id: PreflightId;
  /** `unknown` is a warning. `not-applicable`: the chosen builder does not need it. */
  status: 'ok' | 'failed' | 'unknown' | 'not-applicable';
  /** What was found. */
  found: string;
  /** What it is needed for. */
  why: string;
  /** What to do when it is not there. */
  fix: string;
}

/** What a build is refused with when a check fails. */
const codes: Record<PreflightId, IsoBuildErrorCode> = {
  'engine-version': 'ENGINE_REFUSED',
  architecture: 'HOST_UNSUITABLE',
  clock: 'CLOCK_WRONG',
  memory: 'HOST_UNSUITABLE',
  'space-engine': 'DISK_TOO_SMALL',
  'space-destination': 'DISK_TOO_SMALL',
  'builder-image': 'IMAGE_BUILD_FAILED',
  'kernel-ext4': 'KERNEL_UNSUITABLE',
  'kernel-vfat': 'KERNEL_UNSUITABLE',
  'loop-devices': 'KERNEL_UNSUITABLE',
  'user-namespace': 'ENGINE_REFUSED',
  limits: 'ENGINE_REFUSED',
  root: 'HOST_UNSUITABLE',
  'livemedia-creator': 'HOST_UNSUITABLE',
  anaconda: 'HOST_UNSUITABLE',
  'host-tools': 'HOST_UNSUITABLE',
  machine: 'HOST_UNSUITABLE',
  accelerator: 'HOST_UNSUITABLE',
};

/**
 * Passes on as warnings what could not be found out.
 *
 * @throws {IsoBuildError} for the first check that failed
 */
export function enforce(checks: readonly PreflightCheck[], warn: (message: string) => void): void {
  for (const { id, status, found, why, fix } of checks) {
    if (status === 'failed') throw new IsoBuildError(codes[id], `${id}: ${found}; ${why}`, { hint: fix });
    if (status === 'unknown') warn(`${id}: ${found}; ${why}`);
  }
}
