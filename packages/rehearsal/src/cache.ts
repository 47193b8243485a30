import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from './errno.ts';
import { ProgramError } from './program.ts';

/** What a build that was killed left half-written is removed after this time. */
const staleAfterMs = 24 * 60 * 60 * 1000;

const unfinished = '.part-';

/**
 * A directory that outlives the container, shared with whatever builds run at the same time. Every file appears whole or
 * not at all, and may be gone at the next look: nothing in it is needed, it only saves time.
 */
export class Cache {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** The one that `PHYLLOME_REHEARSAL_CACHE` names, if it is there: an engine may have been told to mount it or not. */
  static open(env: NodeJS.ProcessEnv = process.env): Cache | undefined {
    const path = env['PHYLLOME_REHEARSAL_CACHE'];
    return path !== undefined && path !== '' && existsSync(path) ? new Cache(path) : undefined;
  }

  /** The path of a file that is there, which counts as used now; undefined when it is not. */
  async find(name: string): Promise<string | undefined> {
    const path = join(this.path, name);
    const now = new Date();
    try {
      await utimes(path, now, now);
      return path;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  /** Has `make` write a file, which then appears in one step. What cannot be kept, on a full disk for one, is not. */
  async keep(name: string, make: (path: string) => Promise<unknown>): Promise<void> {
    const path = join(this.path, name);
    const part = join(path, '..', `${unfinished}${randomUUID()}`);
    try {
      await mkdir(join(path, '..'), { recursive: true });
      await make(part);
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      // Anything else is an interruption, or a mistake of ours.
      if (!(error instanceof ProgramError) && !(error instanceof Error && 'code' in error)) throw error;
    }
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
