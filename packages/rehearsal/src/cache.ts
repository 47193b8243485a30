import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { digestOfPlainFile, PlainFileError } from '@phyllome/host/plain-file';
import { isErrno } from './errno.ts';
import { ProgramError } from './program.ts';

/** What a build that was killed left half-written is removed after this time. */
const staleAfterMs = 24 * 60 * 60 * 1000;

const unfinished = '.part-';

/**
 * A directory that outlives the container, shared with whatever builds run at the same time. Every file appears whole or
 * not at all, and may be gone at the next look: nothing in it is needed, it only saves time.
 *
 * A file's name ends with the digest that its content had when it was kept, by the builder's own programs before a
 * script of the kickstart ran; scripts never see the directory. A file with other content is removed, not used.
 */
export class Cache {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** The one that `PHYLLOME_REHEARSAL_CACHE` names, if it is there: an engine may have mounted it or not. */
  static open(env: NodeJS.ProcessEnv = process.env): Cache | undefined {
    const path = env['PHYLLOME_REHEARSAL_CACHE'];
    return path !== undefined && path !== '' && existsSync(path) ? new Cache(path) : undefined;
  }

  /** The path of a file that is there with the content it was kept with, which counts as used now; else undefined. */
  async find(name: string): Promise<string | undefined> {
    for (const path of await this.#keptAs(name)) {
      const found = await digestOfFile(path);
      if (found !== undefined && path.endsWith(`.${found}`)) {
        const now = new Date();
        await utimes(path, now, now).catch(ignoreMissing);
        return path;
      }
      await rm(path, { recursive: true, force: true });
    }
    return undefined;
  }

  /** Has `make` write a file, which then appears in one step. What cannot be kept, on a full disk for one, is not. */
  async keep(name: string, make: (path: string) => Promise<unknown>): Promise<void> {
    const path = join(this.path, name);
    const part = join(dirname(path), `${unfinished}${randomUUID()}`);
    try {
      await mkdir(dirname(path), { recursive: true });
      await make(part);
      const digest = await digestOfFile(part);
      if (digest !== undefined) await rename(part, `${path}.${digest}`);
    } catch (error) {
      await rm(part, { force: true });
      // Anything else is an interruption, or a mistake of ours.
      if (!(error instanceof ProgramError) && !(error instanceof Error && 'code' in error)) throw error;
    }
  }

  /** What was kept under this name before, the last used first. */
  async #keptAs(name: string): Promise<string[]> {
    const directory = join(this.path, dirname(name));
    const start = `${basename(name)}.`;
    const names = (await readdir(directory).catch(() => [])).filter(
      (one) => one.startsWith(start) && /^[0-9a-f]{64}$/u.test(one.slice(start.length)),
    );
    const found = await Promise.all(
      names.map(async (one) => {
        const path = join(directory, one);
        return { path, usedMs: (await lstat(path).catch(() => undefined))?.mtimeMs ?? 0 };
      }),
    );
    return found.toSorted((one, other) => other.usedMs - one.usedMs).map(({ path }) => path);
  }

  /** Removes the files of a folder that were used longest ago, until the others fit into `bytes`. */
  async bound(folder: string, bytes: number): Promise<void> {
    const directory = join(this.path, folder);
    const files = await Promise.all(
      (await readdir(directory).catch(() => [])).map(async (name) => {
        const path = join(directory, name);
        // Another build may remove it between two looks.
        const found = await stat(path).catch(() => undefined);
        return { path, size: found?.size ?? 0, usedMs: found?.mtimeMs ?? 0, whole: !name.startsWith(unfinished) };
      }),
    );
    let kept = 0;
    for (const { path, size, usedMs, whole } of files.toSorted((one, other) => other.usedMs - one.usedMs)) {
      if (!whole && Date.now() - usedMs < staleAfterMs) continue;
      kept += size;
      if (!whole || kept > bytes) await rm(path, { force: true });
    }
  }
}

/** SHA-256 in hexadecimal digits; undefined for what is not a plain file, or no longer there. */
export async function digestOfFile(path: string): Promise<string | undefined> {
  try {
    return (await digestOfPlainFile(path)).sha256;
  } catch (error) {
    if (error instanceof PlainFileError) return undefined;
    throw error;
  }
}

/** Another build may remove a file between two looks. */
function ignoreMissing(error: unknown): void {
  if (!isErrno(error, 'ENOENT')) throw error;
}
