import { lstat, mkdir } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { age, holderOf, ownUid, tryLock } from '@phyllome/host';

/** Memory is handed out in pieces of this size. */
const PIECE_MIB = 512;
/** The rest is for the host. */
const MEMORY_SHARE = 0.8;
const LOOK_EVERY_MS = 200;
/** Longer than any boot is judged: what holds a token then has forgotten it. */
const LONGEST_WAIT_MS = 60 * 60_000;
const MIB = 2 ** 20;

/** What a machine needs of its host. */
export interface TokenRequest {
  cpus: number;
  memoryMiB: number;
}

/** What this host has to hand out. */
export interface Supply {
  cpus: number;
  memoryMiB: number;
  /** The directory of its tokens: machines of other supplies do not count. */
  directory: string;
}

/** This host's supply, for the machines of this user. */
export function hostSupply(env: NodeJS.ProcessEnv = process.env): Supply {
  const memoryMiB = (totalmem() * MEMORY_SHARE) / MIB;
  return { cpus: availableParallelism(), memoryMiB, directory: tokenDirectory(env) };
}

/** Where this user's processes, and no other user's, may put something that a restart of the machine removes. */
function tokenDirectory({ XDG_RUNTIME_DIR }: NodeJS.ProcessEnv): string {
  const uid = ownUid();
  if (XDG_RUNTIME_DIR) return join(XDG_RUNTIME_DIR, 'phyllome-tokens');
  return uid === 0 ? '/run/phyllome-tokens' : `/tmp/phyllome-tokens-${uid}`;
}

export interface TokenOptions {
  supply?: Supply;
  signal?: AbortSignal | undefined;
  /** Called once, if there is a wait, with the processes that hold tokens and since when. */
  onWait?: ((holders: string) => void) | undefined;
  /** Milliseconds after which a machine is started without tokens. */
  longestWaitMs?: number;
}

/** Machines of this process that hold tokens. */
let held = 0;

/**
 * Waits until the host has CPUs and memory to spare for a machine, among all processes of this user that start
 * machines, and takes them. A token is a lock, a file in a directory that only this user may write: one whose process
 * has died is taken over. A machine that wants more than there is gets all of it, and no wait blocks another machine of
 * the same process: a test with two machines must not wait for itself. Tokens keep machines from slowing each other down,
 * nothing else: where they cannot be had, for long or at all, the machine starts without them.
 * @throws the signal's reason when aborted
 */
export async function takeTokens(
  { cpus, memoryMiB }: TokenRequest,
  { supply = hostSupply(), signal, onWait, longestWaitMs = LONGEST_WAIT_MS }: TokenOptions = {},
): Promise<AsyncDisposable> {
  if (!(await isOurs(supply.directory))) return none;
  const pieces = Math.max(1, Math.floor(supply.memoryMiB / PIECE_MIB));
  const wanted: Want[] = [
    { kind: 'cpu', count: Math.min(cpus, supply.cpus), of: supply.cpus },
    { kind: 'memory', count: Math.min(Math.ceil(memoryMiB / PIECE_MIB), pieces), of: pieces },
  ];
  const started = performance.now();
  for (let waited = false; ; waited = true) {
    signal?.throwIfAborted();
    const taken = await takeAll(supply.directory, wanted);
    if (taken) {
      held++;
      return {
        async [Symbol.asyncDispose]() {
          held--;
          await release(taken);
        },
      };
    }
    if (held > 0 || performance.now() - started > longestWaitMs) return none;
    if (!waited) onWait?.(await holders(supply.directory, wanted));
    // Not all in the same rhythm: two that wait would meet again and again.
    await sleep(LOOK_EVERY_MS * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
  }
}

const none: AsyncDisposable = { [Symbol.asyncDispose]: () => Promise.resolve() };

interface Want {
  kind: string;
  count: number;
  of: number;
}

type Release = () => Promise<void>;

/** Makes the directory. Another user's is not used: those who can write there could keep all machines waiting. */
async function isOurs(directory: string): Promise<boolean> {
  await mkdir(directory, { mode: 0o700 }).catch(() => undefined);
  const found = await lstat(directory).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === ownUid() && (found.mode & 0o022) === 0;
}

/** All of them or none: half a machine is of no use, and two halves would wait for each other. */
async function takeAll(directory: string, wanted: readonly Want[]): Promise<Release[] | undefined> {
  // One at a time: else two that each want the last two would take one each, and give up, for ever.
  const turn = await take(join(directory, 'turn'));
  if (!turn) return undefined;
  const taken: Release[] = [];
  try {
    for (const { kind, count, of } of wanted) {
      let missing = count;
      for (let index = 0; index < of && missing > 0; index++) {
        const one = await take(join(directory, `${kind}-${index}`));
        if (one) {
          taken.push(one);
          missing--;
        }
      }
      if (missing > 0) {
        await release(taken);
        return undefined;
      }
    }
    return taken;
  } catch (error) {
    await release(taken);
    throw error;
  } finally {
    await turn();
  }
}

/** Undefined when another process has it. */
async function take(path: string): Promise<Release | undefined> {
  const taken = await tryLock(path);
  return 'release' in taken ? taken.release : undefined;
}

/** As `process 12 since 3 min, process 13 since 1 min`. */
async function holders(directory: string, wanted: readonly Want[]): Promise<string> {
  const since = new Map<string, number>();
  for (const { kind, of } of wanted)
    for (let index = 0; index < of; index++) {
      const found = await holderOf(join(directory, `${kind}-${index}`));
      if (found) since.set(found.who, Math.min(found.since, since.get(found.who) ?? Infinity));
    }
  return [...since].map(([who, from]) => `${who} since ${age(from)}`).join(', ') || 'another process';
}

async function release(taken: readonly Release[]): Promise<void> {
  await Promise.all(taken.map((one) => one()));
}
