import { link, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DeployError } from '../errors.ts';

/** A raw disk image on its way: at another name until it is complete. Disposal removes what is not. */
export interface NewDisk extends AsyncDisposable {
  /** Where it is while something is installed on it. */
  path: string;
  /** A folder beside it for what is needed meanwhile: an installer has a gigabyte, and /tmp is memory on many hosts. */
  workDir: string;
  /**
   * Gives it its name.
   *
   * @throws {DeployError} DISK_EXISTS when somebody else has given it to another meanwhile
   */
  complete(): Promise<void>;
}

/**
 * Makes an empty disk, sparse: it takes space as it is written. It appears at `path` when it is completed. What a killed
 * process left of the same disk is removed.
 *
 * @throws {DeployError} DISK_EXISTS when there is something at `path`, and `replace` is not set
 */
export async function createDisk(path: string, sizeGiB: number, { replace }: { replace: boolean }): Promise<NewDisk> {
  if (!replace) await requireAbsent(path);
  await mkdir(dirname(path), { recursive: true });
  await removeLeftovers(path);
  const partial = `${path}.${process.pid}.partial`;
  const workDir = `${path}.${process.pid}.work`;
  await using created = new AsyncDisposableStack();
  created.defer(() => rm(partial, { force: true }));
  created.defer(() => rm(workDir, { recursive: true, force: true }));
  await mkdir(workDir);
  await using file = await open(partial, 'w');
  await file.truncate(sizeGiB * 1024 ** 3);
  const resources = created.move();
  return {
    path: partial,
    workDir,
    complete: () => (replace ? rename(partial, path) : appear(partial, path)),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** @throws {DeployError} DISK_EXISTS when there is something */
export async function requireAbsent(path: string): Promise<void> {
  if (await lstat(path).catch(() => undefined)) throw diskExists(path);
}

const diskExists = (path: string): DeployError =>
  new DeployError('DISK_EXISTS', `${path} exists already, and may hold data`, {
    hint: 'give --replace to install anew, or another place by --disk',
  });

/** Unlike a renamed file, a hard link replaces nothing. */
async function appear(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) throw diskExists(to);
    // A file system without them.
    await rename(from, to);
  }
}

async function removeLeftovers(path: string): Promise<void> {
  const prefix = `${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    const pid = name.startsWith(prefix)
      ? /^(?<pid>\d+)\.(?:partial|work)$/u.exec(name.slice(prefix.length))?.groups?.['pid']
      : undefined;
    if (pid !== undefined && !runs(Number(pid))) await rm(join(dirname(path), name), { recursive: true, force: true });
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs, and is somebody else's.
    return isErrno(error, 'EPERM');
  }
}

const isErrno = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
