import { mkdir, readdir } from 'node:fs/promises';
import { freemem } from 'node:os';
import type { Log } from './log.ts';
import type { Programs } from './program.ts';

/** Where an installer mounts the system that it installs; kickstarts' `--nochroot` scripts know this path. */
export const sysimage = '/mnt/sysimage';

/**
 * Claims the directory of the new system, which is empty, and puts a file system in memory there if one of its size
 * may be. Ten thousand files that are made and removed with every build cost a disk's file system seconds:
 * ext4 gives no inode out again that was in use in the last minutes, and looks at each of them for every new file
 * (Linux, fs/ext4/ialloc.c, `recently_deleted`).
 *
 * @throws when the directory is not empty: somebody else's files are neither overwritten nor removed at the end.
 */
export async function claimSysimage(sizeMiB: number, programs: Programs, log: Log): Promise<'memory' | 'disk'> {
  await mkdir(sysimage, { recursive: true });
  if ((await readdir(sysimage)).length > 0)
    throw new Error(`${sysimage} is in use: one build at a time, in a container of its own`);

  // The mount goes with the container; outside of one it could outlive this program.
  if (process.pid !== 1 || !mayLieInMemory(sizeMiB, Math.min(freemem(), process.availableMemory()))) return 'disk';
  const mount = ['mount', '-t', 'tmpfs', '-o', `size=${sizeMiB}m,mode=0755`, 'sysimage', sysimage];
  const { exitCode } = await programs.run(mount, { mayFail: true });
  if (exitCode !== 0) return 'disk';
  log.info('The new system is kept in memory');
  return 'memory';
}

/** Even when it is full, half of the memory that was free is left to everything else. Pure. */
export const mayLieInMemory = (sizeMiB: number, freeBytes: number): boolean =>
  sizeMiB > 0 && sizeMiB * 2 ** 20 <= freeBytes / 2;
