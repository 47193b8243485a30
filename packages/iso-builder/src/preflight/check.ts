import { IsoBuildError, type IsoBuildErrorCode } from '../errors.ts';

/**
 * - `engine-version` Docker's API and Podman's copy of it are the ones this package is tested with
 * - `clock` the engine's machine and this one agree on the time, and the sources are not from the future
 * - `space-engine`, `space-destination` free space
 * - `kernel-ext4`, `kernel-vfat` file systems that the kernel of the engine's machine must have
 * - `loop-devices` that kernel has them
 */
export type PreflightId =
  | 'engine-version'
  | 'clock'
  | 'space-engine'
  | 'space-destination'
  | 'kernel-ext4'
  | 'kernel-vfat'
  | 'loop-devices';

/** One thing that a build needs, and whether it is there. */
export interface PreflightCheck {
  id: PreflightId;
  /** `not-applicable`: the chosen builder does not need it. */
  status: 'ok' | 'failed' | 'unknown' | 'not-applicable';
  /** What was found. */
  found: string;
  /** What it is needed for. */
  why: string;
  /** What to do when it is not there. */
  fix: string;
}

/** As error: what has to be there and is not. */
export const refusal = (code: IsoBuildErrorCode, { id, found, why, fix }: PreflightCheck): IsoBuildError =>
  new IsoBuildError(code, `${id}: ${found}; ${why}`, { hint: fix });

/** As warning: what could not be found out. */
export const doubt = ({ id, found, why }: PreflightCheck): string => `${id}: ${found}; ${why}`;
