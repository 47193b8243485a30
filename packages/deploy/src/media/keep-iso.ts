import { constants, copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DeployError } from '../errors.ts';
import { checkFile, download, isFile, sumOf } from './download.ts';

/** An ISO that must be this one. */
export interface KnownIso {
  name: string;
  /** In hexadecimal. */
  sha256: string;
  /** Where it is to be had, if that is known. */
  url?: string | undefined;
}

export interface KeepOptions {
  /** Where ISOs stay, by their sum. */
  cacheDir: string;
  signal?: AbortSignal | undefined;
  onDownload?: ((done: number, total: number | undefined) => void) | undefined;
}

const pathOf = (sha256: string, { cacheDir }: KeepOptions): string => join(cacheDir, `${sha256}.iso`);

const isKept = async (path: string, sha256: string, signal: AbortSignal | undefined): Promise<boolean> =>
  (await isFile(path)) && (await sumOf(path, signal)) === sha256;

/**
 * The path of an ISO that is kept, or fetched and kept now. Its sum is computed in any case: what is in a cache may have
 * been damaged since.
 *
 * @throws {DeployError} DOWNLOAD_FAILED, CHECKSUM_WRONG; SOURCE_INVALID when it is not here and its address not known
 */
export async function knownIso({ name, sha256, url }: KnownIso, options: KeepOptions): Promise<string> {
  const { signal, onDownload } = options;
  const path = pathOf(sha256, options);
  if (await isKept(path, sha256, signal)) return path;
  await rm(path, { force: true });
  if (url === undefined)
    throw new DeployError('SOURCE_INVALID', `${name}, sha256 ${sha256}, is not on this machine`, {
      hint: 'name its file once: phyllome builder pin --installer FILE',
    });
  await download(url, path, { sha256, signal, onProgress: onDownload });
  return path;
}

/**
 * Keeps an ISO of this machine: a copy, which shares its blocks where the file system can.
 *
 * @param sha256 what its sum must be, if that is known
 * @throws {DeployError} CHECKSUM_WRONG
 */
export async function keepIso(
  file: string,
  sha256: string | undefined,
  options: KeepOptions,
): Promise<KnownIso & { path: string }> {
  await checkFile(file, sha256, options.signal);
  const known = { name: basename(file), sha256: sha256 ?? (await sumOf(file, options.signal)) };
  const path = pathOf(known.sha256, options);
  if (!(await isKept(path, known.sha256, options.signal))) {
    await mkdir(dirname(path), { recursive: true });
    const partial = `${path}.${process.pid}.partial`;
    try {
      await copyFile(file, partial, constants.COPYFILE_FICLONE);
      await rename(partial, path);
    } finally {
      await rm(partial, { force: true });
    }
  }
  return { ...known, path };
}
