import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory } from '@phyllome/host';
import { execa } from 'execa';
import type { Pin } from '../lock/lock-file.ts';
import { RehearsalError } from './errors.ts';
import { mmdebstrap } from './mmdebstrap.ts';
import { recipeKey, type RootfsRecipe, rootfsArgv } from './recipe.ts';

/** `$XDG_CACHE_HOME/phyllome/rehearsal`, by default in `~/.cache`. */
export const rehearsalCacheDirectory = (env: NodeJS.ProcessEnv): string => join(cacheDirectory(env), 'rehearsal');

const dayMs = 24 * 60 * 60 * 1000;
/** Every update of the lock file makes another one, of 300 MB; other checkouts may use older ones. */
const unusedMs = 30 * dayMs;
/** What was begun so long ago is not being made any more. */
const abandonedMs = dayMs;

/**
 * The path of the builder's root file system as a tar file: made by mmdebstrap, once for each recipe. It appears in the
 * cache whole or not at all; those that were not used for a month go.
 *
 * @throws {RehearsalError}; the signal's reason when it was aborted.
 */
export async function rootfsTar(
  recipe: RootfsRecipe,
  { env, pins = [], signal }: { env: NodeJS.ProcessEnv; pins?: readonly Pin[]; signal?: AbortSignal | undefined },
): Promise<string> {
  const directory = rehearsalCacheDirectory(env);
  const path = join(directory, `rootfs-${recipeKey(recipe, pins).slice(0, 16)}.tar`);
  if (await exists(path)) {
    const now = new Date();
    await utimes(path, now, now);
    return path;
  }
  signal?.throwIfAborted();
  const work = await mkdir(directory, { recursive: true })
    .then(() => mkdtemp(join(directory, 'making-')))
    .catch((error: unknown) => {
      throw new RehearsalError('REHEARSAL_CACHE_UNWRITABLE', `${directory} cannot be written`, {
        hint: 'set XDG_CACHE_HOME to a directory with 1 GB of free space',
        cause: error,
      });
    });
  try {
    const made = join(work, 'rootfs.tar');
    await using scratch = await scratchFor(work);
    const make = (pinned: readonly Pin[]): Promise<string> =>
      mmdebstrap(rootfsArgv(recipe, made, pinned), { env, scratch: scratch.path, signal });
    await make(pins).catch(async (error: unknown) => {
      if (pins.length === 0 || !(error instanceof RehearsalError) || error.code !== 'REHEARSAL_ROOTFS_FAILED')
        throw error;
      // Some locked versions are gone, and what is left of them does not fit together. A build reports it.
      await rm(made, { force: true });
      await make([]);
    });
    await rename(made, path);
    await tidy(directory);
    return path;
  } finally {
    await removeTree(work);
  }
}

/** Removes from the cache what was not used for long, and what a process that was killed left half made. */
export async function tidy(directory: string, nowMs = Date.now()): Promise<void> {
  for (const name of await readdir(directory)) {
    const limitMs = name.startsWith('rootfs-') ? unusedMs : name.startsWith('making-') ? abandonedMs : Infinity;
    const path = join(directory, name);
    // Another process may remove it between two looks.
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && nowMs - found.mtimeMs > limitMs) await removeTree(path);
  }
}

/**
 * Where mmdebstrap unpacks. Without root it does so as users of its own (subuid(5)), who may not enter the home
 * directory that the cache is in: then below the system's directory for temporary files, open to pass through.
 */
export async function scratchFor(work: string): Promise<{ path: string } & AsyncDisposable> {
  if (process.getuid?.() === 0) return { path: work, [Symbol.asyncDispose]: () => Promise.resolve() };
  const path = await mkdtemp(join(tmpdir(), 'phyllome-rootfs-'));
  await chmod(path, 0o711);
  return { path, [Symbol.asyncDispose]: () => removeTree(path) };
}

/** Another file system below it would be one that mmdebstrap could not unmount: that is left alone. */
export async function removeTree(path: string): Promise<void> {
  await execa('rm', ['-rf', '--one-file-system', path], { reject: false });
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.size > 0,
    () => false,
  );
