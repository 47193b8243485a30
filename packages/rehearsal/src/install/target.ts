import { chmod, lstat, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { resolveIn } from '../confine/resolve.ts';
import type { Finished, RunOptions } from '../program.ts';
import type { Action } from './action.ts';
import { InstallError } from './errors.ts';
import type { Runner } from './runner.ts';
import type { WithoutCounterpart } from './selection.ts';

/**
 * The system that is being installed: a directory, as anaconda's `/mnt/sysimage`. Scripts of the kickstart change it as
 * they like, so its programs run as its {@link Runner} does it, confined in a builder, and its paths are resolved as they
 * are inside.
 */
export class Target {
  readonly root: string;
  readonly #runner: Runner;

  constructor(root: string, runner: Runner) {
    this.root = root;
    this.#runner = runner;
  }

  /** Where a path of the target is from outside, whatever links a script has made; the last part is not followed. */
  path(inside: string): Promise<string> {
    return resolveIn(this.root, inside);
  }

  /** Runs a program inside. @throws {ProgramError}; {InstallError} when it takes too long. */
  run(argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return this.#runner.runInside(this.root, argv, options);
  }

  /** Puts a new file into the place of whatever is there. */
  async write(inside: string, content: string | Uint8Array, mode = 0o644): Promise<string> {
    const path = await this.#vacate(inside);
    await writeFile(path, content, { flag: 'wx' });
    await chmod(path, mode);
    return path;
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
    if (action.do === 'link') await symlink(action.target, await this.#vacate(action.path));
    else await this.write(action.path, action.text, action.mode);
    return undefined;
  }

  /** The outside path of a file that can be made: its directory is there, and itself is not. */
  async #vacate(inside: string): Promise<string> {
    const directory = await resolveIn(this.root, dirname(inside), { followLast: true });
    await mkdir(directory, { recursive: true });
    const path = join(directory, basename(inside));
    await rm(path, { force: true });
    return path;
  }
}

/**
 * The outside path of a file of the target that goes onto the medium: a FIFO or a link that a script has put into its
 * place would be waited for, or be another file.
 *
 * @throws {InstallError} when it is not a plain file
 */
export async function plainFileOf(target: Target, inside: string): Promise<string> {
  const path = await resolveIn(target.root, inside, { followLast: true });
  const found = await lstat(path).catch(() => undefined);
  if (found?.isFile() !== true) throw new InstallError(`/${inside} of the installed system is not a plain file.`);
  return path;
}
