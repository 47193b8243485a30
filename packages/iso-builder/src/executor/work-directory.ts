import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { isAlive, ownOwner, parseOwner } from '@phyllome/host';
import type { Paths } from './executor.ts';

/** livemedia-creator's own default for temporary files: on a disk, unlike /tmp, with room for an image. */
const parent = '/var/tmp';
const prefix = 'phyllome-build~';

/** Where a build on this machine itself works. The name has its owner in it, should it be killed. */
export const workDirectoryOf = (session: string): string => join(parent, `${prefix}${ownOwner}~${session}`);

export const pathsIn = (directory: string): Paths => ({
  kickstart: join(directory, 'flat.cfg'),
  installer: join(directory, 'installer.iso'),
  result: join(directory, 'result'),
  tmp: join(directory, 'tmp'),
  logs: join(directory, 'logs'),
  logfile: join(directory, 'logs', 'livemedia.log'),
});

/** Makes the directory, for the eyes of this user only. */
export async function makeWorkDirectory(directory: string): Promise<void> {
  await mkdir(directory, { mode: 0o700 });
  const { tmp, logs } = pathsIn(directory);
  await Promise.all([tmp, logs, slashTmpIn(directory)].map((path) => mkdir(path)));
}

/** What livemedia-creator sees as /tmp: it takes the installer's logs from there, and would take everybody's. */
export const slashTmpIn = (directory: string): string => join(directory, 'slash-tmp');

/** Free space that counts for it. */
export const workSpace = parent;

/**
 * Removes the directory, and the loop devices that a kill left attached to files in it: between losetup and mount lorax
 * attaches one that does not detach itself (`src/pylorax/imgutils.py`, `LoopDev`).
 */
export async function removeWorkDirectory(directory: string): Promise<void> {
  for (const device of await loopDevicesOf(directory)) await execa('losetup', ['--detach', device], { reject: false });
  await rm(directory, { recursive: true, force: true });
}

async function loopDevicesOf(directory: string): Promise<string[]> {
  const { stdout } = await execa('losetup', ['--list', '--noheadings', '--raw', '--output', 'NAME,BACK-FILE'], {
    reject: false,
  });
  return (stdout ?? '').split('\n').flatMap((line) => {
    const [name = '', ...file] = line.split(' ');
    return file.join(' ').startsWith(`${directory}/`) ? [name] : [];
  });
}

/**
 * Removes the directories of builds whose process is gone; what they had mounted and started went with it.
 *
 * @param dryRun removes nothing
 * @returns the paths of what was removed, or would be
 */
export async function reapWorkDirectories({ dryRun = false } = {}): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(parent).catch(() => [])) {
    const owner = name.startsWith(prefix) ? parseOwner(name.slice(prefix.length)) : undefined;
    const path = join(parent, name);
    if (owner === undefined || isAlive(owner)) continue;
    const ours = (await stat(path).catch(() => undefined))?.uid === process.getuid?.();
    if (!ours) continue;
    if (!dryRun) await removeWorkDirectory(path);
    removed.push(path);
  }
  return removed;
}
