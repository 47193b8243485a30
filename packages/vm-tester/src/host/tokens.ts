import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { availableParallelism, totalmem, userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Memory is handed out in pieces of this size. */
const PIECE_MIB = 512;
/** The rest is for the host. */
const MEMORY_SHARE = 0.8;
const LOOK_EVERY_MS = 200;
const MIB = 2 ** 20;

export interface TokenRequest {
  cpus: number;
  memoryMiB: number;
}

/** What this host has to hand out. */
export interface Supply {
  cpus: number;
  memoryMiB: number;
  /** Machines of other supplies do not count: for tests. */
  name: string;
}

export function hostSupply(): Supply {
  const memoryMiB = (totalmem() * MEMORY_SHARE) / MIB;
  return { cpus: availableParallelism(), memoryMiB, name: `phyllome-vmt-${userInfo().uid}` };
}

export interface TokenOptions {
  supply?: Supply;
  signal?: AbortSignal | undefined;
  /** Called once, if there is a wait. */
  onWait?: (() => void) | undefined;
}

/** Machines of this process that hold tokens. */
let held = 0;

/**
 * Waits until the host has CPUs and memory to spare for a machine, among all processes of this user that start
 * machines, and takes them. A token is an abstract Unix socket (unix(7)) that is listened on: no file, and the kernel
 * lets go of it when its process ends, however. A machine that wants more than there is gets all of it, and no wait
 * blocks another machine of the same process: a test with two machines must not wait for itself.
 * @throws the signal's reason when aborted
 */
export async function takeTokens(
  { cpus, memoryMiB }: TokenRequest,
  { supply = hostSupply(), signal, onWait }: TokenOptions = {},
): Promise<AsyncDisposable> {
  const pieces = Math.max(1, Math.floor(supply.memoryMiB / PIECE_MIB));
  const wanted: Want[] = [
    { kind: 'cpu', count: Math.min(cpus, supply.cpus), of: supply.cpus },
    { kind: 'memory', count: Math.min(Math.ceil(memoryMiB / PIECE_MIB), pieces), of: pieces },
  ];
  for (let waited = false; ; waited = true) {
    signal?.throwIfAborted();
    const taken = await takeAll(supply.name, wanted);
    if (taken) {
      held++;
      return {
        async [Symbol.asyncDispose]() {
          held--;
          await release(taken);
        },
      };
    }
    if (held > 0) return { [Symbol.asyncDispose]: () => Promise.resolve() };
    if (!waited) onWait?.();
    // Not all in the same rhythm: two that wait would meet again and again.
    await sleep(LOOK_EVERY_MS * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
  }
}

interface Want {
  kind: string;
  count: number;
  of: number;
}

/** All of them or none: half a machine helps nobody, and two halves would wait for each other. */
async function takeAll(name: string, wanted: readonly Want[]): Promise<Server[] | undefined> {
  // One at a time: else two that each want the last two would take one each, and give up, for ever.
  const turn = await listen(`${name}-turn`);
  if (!turn) return undefined;
  const taken: Server[] = [];
  try {
    for (const { kind, count, of } of wanted) {
      let missing = count;
      for (let index = 0; index < of && missing > 0; index++) {
        const server = await listen(`${name}-${kind}-${index}`);
        if (server) {
          taken.push(server);
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
    await release([turn]);
  }
}

/** Undefined when somebody else listens there. */
function listen(name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.unref(); // it keeps no process alive
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(`\0${name}`, () => resolve(server));
  });
}

async function release(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
}
