import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { link, lstat, mkdir, rm, statfs, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, type CodeTable, errorWith } from './errors.ts';
import { isAlive, isHere, ownOwner, parseOwner } from './owner.ts';
import { PlainFileError, readPlainFile } from './plain-file.ts';

/**
 * Locks: files with the name of their owner, which appear complete or not at all (link(2)). One whose owner cannot be
 * alive any more is taken over at once. That is why this is not a library: those judge by the age of the file, and so wait
 * for the dead and rob the sleeping.
 */

/** Between two looks at a lock that another has. */
const pollMs = 200;
/** Between two signs of life of a lock's holder. */
const signMs = 60_000;
/** Without a sign of life for so long, a lock whose owner cannot be checked is not waited for any more. */
const silenceMs = 10 * 60_000;

/** Something only one process at a time may do. Disposing it lets the next one. */
export interface Lock extends AsyncDisposable {
  /** Another process had it first. */
  readonly waited: boolean;
}

/** Who has a lock, as far as is known. */
export interface Holder {
  /** In words: `process 12 of this machine`. */
  readonly who: string;
  /** `unknown`: of another machine or container, which cannot be seen from here. */
  readonly life: 'alive' | 'dead' | 'unknown';
  /** When the lock was taken, in milliseconds since the epoch. */
  readonly since: number;
  /** When its owner last gave a sign of life. */
  readonly seen: number;
}

const codes = {
  LOCK_HELD: ['environment', 'Another machine or container has the lock, and gave no sign of life for long.'],
} as const satisfies CodeTable;

/** A lock cannot be had, and waiting would not help. */
export class LockHeldError extends errorWith(codes) {
  override readonly name = 'LockHeldError';
}

/**
 * Takes a lock, and waits for its holder.
 *
 * @param onWait is called once, with who has it and since when
 * @throws {LockHeldError} LOCK_HELD when it is another machine's or container's, which gave no sign of life for long
 * @throws the signal's reason when aborted while waiting
 */
export async function takeLock(
  path: string,
  options: { signal?: AbortSignal | undefined; onWait?: ((holder: string) => void) | undefined } = {},
): Promise<Lock> {
  const { signal, onWait } = options;
  for (let waited = false; ;) {
    signal?.throwIfAborted();
    const taken = await tryLock(path, signal);
    if ('release' in taken) return { waited, [Symbol.asyncDispose]: taken.release };
    // A sign of life in the future is of a clock that was wrong.
    const silence = Math.abs(Date.now() - taken.seen);
    if (taken.life === 'unknown' && silence > silenceMs) throw heldFor(path, taken);
    if (!waited) onWait?.(`${taken.who}, which has ${path} since ${age(taken.since)},`);
    waited = true;
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Takes a lock that is free, or whose owner is dead; or says who has it. */
export async function tryLock(path: string, signal?: AbortSignal): Promise<{ release: () => Promise<void> } | Holder> {
  // Two of one process exclude each other, too.
  const owner = `${ownOwner}~${randomUUID()}`;
  const draft = `${path}~${owner}`;
  const text = `${owner}\n${bootId()}\n`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(draft, text);
  try {
    for (;;) {
      signal?.throwIfAborted();
      if (await linked(draft, path)) return { release: release(path, text) };
      const found = await readHolder(path);
      if (found === undefined) continue;
      if (found.life !== 'dead') return found;
      await removeStale(path, found.text, signal);
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/** Who has the lock; undefined: it is free. */
export async function holderOf(path: string): Promise<Holder | undefined> {
  return await readHolder(path);
}

/**
 * Removes a lock whose owner is dead, and says whether it did.
 *
 * @param force also one whose owner cannot be checked
 */
export async function reapLock(path: string, { force = false, dryRun = false } = {}): Promise<boolean> {
  const found = await readHolder(path);
  if (found === undefined || found.life === 'alive' || (found.life === 'unknown' && !force)) return false;
  if (!dryRun) await removeStale(path, found.text, undefined);
  return true;
}

/** How long ago that was, in words: `3 min`. */
export function age(since: number): string {
  const minutes = Math.round((Date.now() - since) / 60_000);
  if (minutes < 1) return 'less than a minute';
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

const heldFor = (path: string, { who, since, seen }: Holder): LockHeldError =>
  new LockHeldError(
    'LOCK_HELD',
    `${path} is held by ${who} since ${age(since)}, without a sign of life for ${age(seen)}`,
    { hint: 'if nothing builds there any more: phyllome clean --force' },
  );

/**
 * Removes the lock of a dead owner. Only under a lock of its own: of two that found it dead, the slower one would remove
 * what the faster one has just taken.
 */
async function removeStale(path: string, text: string, signal: AbortSignal | undefined): Promise<void> {
  await using _ = await takeLock(`${path}~stale`, { signal });
  if ((await readText(path)) === text) await rm(path, { force: true });
}

/** Gives signs of life until the lock is released. */
function release(path: string, text: string): () => Promise<void> {
  const timer = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, signMs).unref();
  return async () => {
    clearInterval(timer);
    if ((await readText(path)) === text) await rm(path, { force: true });
  };
}

async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<(Holder & { text: string }) | undefined> {
  const text = await readText(path);
  const found = await lstat(path).catch(() => undefined);
  if (text === undefined || found === undefined) return undefined;
  const [owner = '', boot = ''] = text.split('\n');
  const parsed = parseOwner(owner);
  const times = { since: found.birthtimeMs || found.ctimeMs, seen: found.mtimeMs };
  // Nothing that this program writes: a lock appears complete or not at all.
  if (parsed === undefined) return { who: 'nobody', life: 'dead', ...times, text };
  const here = isHere(parsed);
  const who = `process ${parsed.pid}${here ? '' : ` of ${parsed.host}`}`;
  if (here && !isAlive(parsed)) return { who, life: 'dead', ...times, text };
  if (here && (boot === '' || boot === bootId())) return { who, life: 'alive', ...times, text };
  const dead = await isProvenDead({ path, boot, namespace: parsed.namespace, seen: times.seen });
  return { who, life: dead ? 'dead' : 'unknown', ...times, text };
}

/**
 * Whether the process of another container, or of a machine by another name or start, cannot be alive. What is on this
 * machine's own disks was written by its own kernels: an owner of an earlier start is dead, whatever the machine was
 * called then. One of this start and another container is dead when its name space of processes is empty.
 */
async function isProvenDead(lock: { path: string; boot: string; namespace: string; seen: number }): Promise<boolean> {
  if (lock.boot !== '' && lock.boot === bootId()) return isEmptyNamespace(lock.namespace);
  if (!(await isOnOwnDisk(lock.path))) return false;
  return lock.boot === '' ? lock.seen < bootedAt() : true;
}

/** File systems that one kernel alone has mounted (statfs(2)): not those of networks, nor what other machines share. */
const ownDisks = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0x01021994, // tmpfs
  0x794c7630, // overlayfs
  0xf2f52010, // F2FS
]);

async function isOnOwnDisk(path: string): Promise<boolean> {
  const { type } = await statfs(dirname(path));
  return ownDisks.has(type);
}

/** Of the first name space of processes (linux/proc_ns.h, PROC_PID_INIT_INO): who is in it sees all others. */
const firstNamespace = '4026531836';

function isEmptyNamespace(namespace: string): boolean {
  try {
    if (!readlinkSync('/proc/self/ns/pid').includes(firstNamespace)) return false;
    const pids = readdirSync('/proc').filter((name) => /^\d+$/u.test(name));
    return pids.every((pid) => !namespaceOf(pid).includes(`[${namespace}]`));
  } catch {
    // Some process may not be looked at.
    return false;
  }
}

function namespaceOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch (error) {
    // It has ended in the meantime.
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH') return '';
    throw error;
  }
}

/** Identifies one start of the kernel (random(4)); empty where it does not say. */
function bootId(): string {
  return (boot ??= readOrEmpty('/proc/sys/kernel/random/boot_id').trim());
}
let boot: string | undefined;

/** When the kernel was started, in milliseconds since the epoch (proc(5), /proc/stat); 0 where it does not say. */
function bootedAt(): number {
  return Number(/^btime (\d+)$/mu.exec(readOrEmpty('/proc/stat'))?.[1] ?? 0) * 1000;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Bytes of a lock at most: it has two lines. */
const lockLimit = 4096;

/**
 * What a lock says; undefined when there is none. What is there but no lock of this program, a FIFO or a link for one, says
 * what it is: it belongs to no process, and is replaced.
 *
 * @throws {LockHeldError} LOCK_HELD when it is a directory: what is in it may be somebody's
 */
async function readText(path: string): Promise<string | undefined> {
  try {
    return String(await readPlainFile(path, lockLimit));
  } catch (error) {
    if (!(error instanceof PlainFileError)) throw error;
    if (error.code === 'ENOENT') return undefined;
    if ((await lstat(path).catch(() => undefined))?.isDirectory() !== true) return error.what;
    throw new LockHeldError('LOCK_HELD', `${path} ${error.what}, where a lock should be`, {
      hint: 'move it away, or remove it',
    });
  }
}
