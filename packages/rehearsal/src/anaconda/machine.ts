import { writeFile } from 'node:fs/promises';
import { type Runner, targetEnvironment } from '../install/runner.ts';
import type { KickstartCommand } from '../kickstart.ts';
import type { Finished, Programs, RunOptions } from '../program.ts';
import { mediumDirectory } from './medium.ts';

/** Runs scripts and programs in a machine that is being installed: with all its powers, as anaconda does. */
export class MachineRunner implements Runner {
  readonly installer = { path: (): Promise<string> => Promise.resolve('/') };
  readonly #programs: Programs;

  constructor(programs: Programs) {
    this.#programs = programs;
  }

  runInside(root: string, argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return this.#programs.run(['chroot', root, ...argv], {
      env: targetEnvironment,
      cwd: '/',
      shownAs: argv,
      ...options,
    });
  }

  runBeside(_installed: string | undefined, argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return this.#programs.run(argv, { env: targetEnvironment, cwd: '/', ...options });
  }
}

/** Directories of the kernel's that programs of the installed system need. */
const kernels = ['dev', 'proc', 'sys', 'run'];

/** The kernel's file systems in the installed system, until they are let go. */
export async function mountKernel(root: string, programs: Programs): Promise<void> {
  for (const name of kernels) await programs.run(['mount', '--rbind', '--make-rslave', `/${name}`, `${root}/${name}`]);
}

/**
 * Lazily: what a script has left running may hold them. What is removed of the installed system afterwards must not be the
 * machine's.
 */
export async function unmountKernel(root: string, programs: Programs): Promise<void> {
  for (const name of kernels.toReversed()) await programs.run(['umount', '--recursive', '--lazy', `${root}/${name}`]);
}

/** systemd-shutdown(8) runs what is in this directory last of all, when the processes are gone and most is unmounted. */
const atShutdown = '/usr/lib/systemd/system-shutdown/eject-medium';

/** The drive that a device is, if it has a tray: nothing comes out of a stick. Pure. */
export const opticalDrive = (device: string): string | undefined => /^\/dev\/sr\d+$/u.exec(device.trim())?.[0];

/**
 * What ejects the medium. The machine's own system is on it, and cannot be unmounted: so the drive itself is asked, which
 * the kernel would not do for something that is mounted. Pure.
 */
export const ejectScript = (drive: string): string => `#!/bin/sh
if eject --no-unmount --scsi ${drive}; then
  echo "The installer's medium was ejected." >/dev/console
fi
`;

/** Makes sure that the medium comes out of its drive, where it is in one, when the machine ends. */
async function ejectAtEnd(programs: Programs): Promise<void> {
  const { lines } = await programs.run(['findmnt', '--noheadings', '--output', 'SOURCE', mediumDirectory], {
    quiet: true,
    mayFail: true,
  });
  const drive = opticalDrive(lines[0] ?? '');
  if (drive !== undefined) await writeFile(atShutdown, ejectScript(drive), { mode: 0o755 });
}

/** Ends the machine, once everything is written. */
export async function endMachine({ action, eject }: Ending, programs: Programs): Promise<void> {
  if (eject) await ejectAtEnd(programs);
  await programs.run(['sync']);
  await programs.run(['systemctl', action, '--no-wall', '--no-block']);
}

/** What a kickstart says to do after the installation. */
export interface Ending {
  action: 'poweroff' | 'reboot' | 'halt';
  /** Whether the medium comes out of its drive before. */
  eject: boolean;
}

/** The last of them counts; anaconda halts without any. Pure. */
export function endingOf(commands: readonly KickstartCommand[]): Ending {
  const last = commands.findLast(({ name }) => ['poweroff', 'shutdown', 'reboot', 'halt'].includes(name));
  const action =
    last?.name === 'reboot' ? 'reboot' : last?.name === 'poweroff' || last?.name === 'shutdown' ? 'poweroff' : 'halt';
  return { action, eject: last?.args.includes('--eject') ?? false };
}
