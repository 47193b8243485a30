import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, isAlive, ownOwner, parseOwner } from '@phyllome/host';

/** Between two looks at a lock that somebody else holds. */
const pollMs = 200;

/** Something only one process at a time may do. Disposing it lets the next one. */
export interface Lock extends AsyncDisposable {
  /** Somebody else had it first. */
  readonly waited: boolean;
}

/**
 * Takes a lock: a file with the name of its owner, which appears complete or not at all (link(2)). One whose owner on
 * this host is gone is taken over at once. That is why this is no library: those judge by the age of the file, and so
 * wait for the dead and rob the sleeping.
 *
 * @param onWait is told once who has it, as a process id or as another host's name
 * @throws the signal's reason when aborted while waiting
 */
export const takeLock = async (
  path: string,
  options: { signal?: AbortSignal | undefined; onWait?: ((holder: string) => void) | undefined } = {},
): Promise<Lock> => {
  const { signal, onWait } = options;
  // Two of one process exclude each other, too.
  const owner = `${ownOwner}~${randomUUID()}`;
  const draft = `${path}~${owner}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(draft, owner);
  try {
    for (let waited = false; ;) {
      signal?.throwIfAborted();
      if (await linked(draft, path)) return { waited, [Symbol.asyncDispose]: () => release(path, owner) };
      const holder = await holderOf(path);
      if (holder === undefined) continue;
      const parsed = parseOwner(holder);
      if (parsed === undefined || !isAlive(parsed)) {
        await removeStale(path, holder, signal);
        continue;
      }
      if (!waited) onWait?.(parsed.host === parseOwner(owner)?.host ? `process ${parsed.pid}` : parsed.host);
      waited = true;
      await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await rm(draft, { force: true });
  }
};

/** The lock on what is built for a destination; it lies beside it. */
export const destinationLock = (destination: string): string =>
  join(dirname(destination), `.${basename(destination)}.lock`);

/** Removes the lock if its owner is gone, and says whether it did. */
export const reapLock = async (path: string): Promise<boolean> => {
  const holder = await holderOf(path);
  const owner = holder === undefined ? undefined : parseOwner(holder);
  if (holder === undefined || (owner !== undefined && isAlive(owner))) return false;
  await removeStale(path, holder, undefined);
  return true;
};

/**
 * Removes the lock of a dead owner. Only under a lock of its own: of two that found it dead, the slower one would remove
 * what the faster one has just taken.
 */
const removeStale = async (path: string, holder: string, signal: AbortSignal | undefined): Promise<void> => {
  await using _ = await takeLock(`${path}~stale`, { signal });
  if ((await holderOf(path)) === holder) await rm(path, { force: true });
};

const release = async (path: string, owner: string): Promise<void> => {
  if ((await holderOf(path)) === owner) await rm(path, { force: true });
};

const linked = async (draft: string, path: string): Promise<boolean> => {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
};

const holderOf = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
};
