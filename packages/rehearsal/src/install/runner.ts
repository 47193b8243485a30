import type { Finished, RunOptions } from '../program.ts';

/**
 * How scripts of a kickstart and programs of the installed system are run: confined in a builder, whose machine is
 * somebody's; as they are in a machine that is being installed, which is theirs.
 */
export interface Runner {
  /** The root directory of scripts that run outside of the installed system. */
  readonly installer: { path(): Promise<string> };
  /** Runs a program of the installed system in it. */
  runInside(root: string, argv: readonly string[], options?: RunOptions): Promise<Finished>;
  /** Runs a program beside the installed system, which is at `/mnt/sysimage` once there is one. */
  runBeside(installed: string | undefined, argv: readonly string[], options?: RunOptions): Promise<Finished>;
}

/** What scripts and programs of the installed system see, instead of the environment of what runs them. */
export const targetEnvironment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
  SYSTEMD_OFFLINE: '1',
};
