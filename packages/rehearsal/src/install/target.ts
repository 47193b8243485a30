import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Programs, RunOptions, Finished } from '../program.ts';
import { sourceDateEpoch } from '../source-date-epoch.ts';
import type { Action } from './action.ts';
import type { WithoutCounterpart } from './selection.ts';

/** What programs in the target see instead of the builder's environment. */
const targetEnvironment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
  SYSTEMD_OFFLINE: '1',
};

/** Kernel file systems that scripts and dracut expect, in the order of mounting. */
const bound = ['proc', 'sys', 'dev'];

/** The system that is being installed: a directory, as anaconda's `/mnt/sysimage`. */
export class Target {
  readonly root: string;
  readonly #programs: Programs;

  constructor(root: string, programs: Programs) {
    this.root = root;
    this.#programs = programs;
  }

  /** The path of a file of the target, from outside. */
  path(inside: string): string {
    return join(this.root, inside);
  }

  /** Mounts the kernel's file systems while `work` runs. */
  async mounted<T>(work: () => Promise<T>): Promise<T> {
    try {
      for (const name of bound) {
        await mkdir(this.path(name), { recursive: true });
        await this.#programs.run(['mount', '--rbind', '--make-rslave', `/${name}`, this.path(name)]);
      }
      return await work();
    } finally {
      for (const name of bound.toReversed())
        await this.#programs.run(['umount', '--recursive', '--lazy', this.path(name)], {
          mayFail: true,
          uninterruptible: true,
        });
    }
  }

  /** Runs a program inside. @throws {ProgramError} */
  run(argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
    const epoch = sourceDateEpoch();
    // `passwd` writes the day; a `%post` may want to make the same bytes twice, too.
    const env = { ...targetEnvironment, ...(epoch === undefined ? {} : { SOURCE_DATE_EPOCH: String(epoch) }) };
    return this.#programs.run(['chroot', this.root, ...argv], { env, cwd: '/', ...options });
  }

  /** Does one step; returns what is to be recorded when Debian lacks what it names. */
  async apply(action: Action): Promise<WithoutCounterpart | undefined> {
    if (action.do === 'run') {
      const { exitCode } = await this.run(action.argv, {
        mayFail: action.orRecord !== undefined,
        ...(action.input === undefined ? {} : { input: action.input }),
      });
      return exitCode === 0 ? undefined : action.orRecord;
    }
    const path = this.path(action.path);
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true }); // A link would lead out of the target.
    if (action.do === 'link') {
      await symlink(action.target, path);
    } else {
      await writeFile(path, action.text);
      await chmod(path, action.mode ?? 0o644);
    }
    return undefined;
  }
}
