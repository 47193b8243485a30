import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DeployError } from '../errors.ts';

/** A raw disk image on its way: at another name until it is complete. Disposal removes what is not. */
export interface NewDisk extends AsyncDisposable {
  /** Where it is while something is installed on it. */
  path: string;
  /** Gives it its name. */
  complete(): Promise<void>;
}

/**
 * Makes an empty disk, sparse: it takes space as it is written. It appears at `path` when it is completed. What a killed
 * process left of the same disk is removed.
 *
 * @throws {DeployError} DISK_EXISTS when there is something at `path`, and `replace` is not set
 */
export async function createDisk(path: string, sizeGiB: number, { replace }: { replace: boolean }): Promise<NewDisk> {
  if (!replace && (await stat(path).catch(() => undefined))) {
    throw new DeployError('DISK_EXISTS', `${path} exists, and may hold what somebody still needs`, {
      hint: 'give --replace to install anew, or another place by --disk',
    });
  }
  await mkdir(dirname(path), { recursive: true });
  await removeLeftovers(path);
  const partial = `${path}.${process.pid}.partial`;
  const file = await open(partial, 'w');
  try {
    await file.truncate(sizeGiB * 1024 ** 3);
  } finally {
    await file.close();
  }
  return {
    path: partial,
    complete: () => rename(partial, path),
    [Symbol.asyncDispose]: () => rm(partial, { force: true }),
  };
}

async function removeLeftovers(path: string): Promise<void> {
  const prefix = `${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    const pid = name.startsWith(prefix)
      ? /^(?<pid>\d+)\.partial$/u.exec(name.slice(prefix.length))?.groups?.['pid']
      : undefined;
    if (pid !== undefined && !runs(Number(pid))) await rm(join(dirname(path), name), { force: true });
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs, and is somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
