import { chmod, lstat, mkdir, mkdtemp, readlink, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Programs } from '../program.ts';

/** Directories that scripts find empty, and may fill, and those where the kernel's file systems come. */
const empty = [
  'dev',
  'home',
  'mnt/sysimage',
  'opt',
  'proc',
  'root',
  'run',
  'srv',
  'sys',
  'var/cache',
  'var/lib',
  'var/log',
  'var/spool',
];
const shared = ['tmp', 'var/tmp'];
/** Parts of `/usr` by their old names. */
const links = ['bin', 'lib', 'lib32', 'lib64', 'libx32', 'sbin'];

/**
 * The root directory of the scripts that run beside the installed system: `%pre`, `%pre-install`, `%post --nochroot`,
 * `%onerror`. As in Fedora's installer it is theirs to change and they share it; but for `/usr`, which is the builder's and
 * read-only, nothing in it is the builder's own: what they do to it changes neither a later step nor another build.
 */
export class InstallerRoot {
  readonly #programs: Programs;
  #made: Promise<string> | undefined;

  constructor(programs: Programs) {
    this.#programs = programs;
  }

  /** Where it is; made when it is first needed. */
  path(): Promise<string> {
    this.#made ??= this.#make();
    return this.#made;
  }

  /** As a container's first process it leaves that to the engine, which removes all of it at once. */
  async remove(): Promise<void> {
    if (process.pid !== 1 && this.#made !== undefined) await rm(await this.#made, { recursive: true, force: true });
  }

  async #make(): Promise<string> {
    const root = await mkdtemp(join(tmpdir(), 'rehearsal-installer-'));
    await chmod(root, 0o755);
    // In memory, as the installer's: a script fills a quarter of it, not the disk. The mount goes with the container.
    if (process.pid === 1)
      await this.#programs.run(['mount', '-t', 'tmpfs', '-o', 'size=25%,mode=0755', 'installer', root], {
        mayFail: true,
      });
    for (const path of empty) await mkdir(join(root, path), { recursive: true });
    await chmod(join(root, 'root'), 0o700);
    for (const path of shared) {
      await mkdir(join(root, path), { recursive: true });
      await chmod(join(root, path), 0o1777);
    }
    await mkdir(join(root, 'usr'));
    for (const name of links) {
      const found = await lstat(`/${name}`).catch(() => undefined);
      if (found?.isSymbolicLink()) await symlink(await readlink(`/${name}`), join(root, name));
    }
    await this.#programs.run(['cp', '--archive', '/etc', root], { quiet: true, mayFail: true });
    return root;
  }
}
