import { type Runner, targetEnvironment } from '../install/runner.ts';
import type { Finished, Programs, RunOptions } from '../program.ts';

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

/** Ends the machine, once everything is written. */
export async function endMachine(action: Ending, programs: Programs): Promise<void> {
  await programs.run(['sync']);
  await programs.run(['systemctl', action, '--no-wall', '--no-block']);
}

/** What a kickstart says to do after the installation. */
export type Ending = 'poweroff' | 'reboot' | 'halt';
