import { access, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { codeOf, findProgram, isAlive, isRunning, messageOf, ownOwner, parseOwner } from '@phyllome/host';
import { type Endpoint, unixEndpoint } from './endpoint.ts';
import { boundRequests, withBounds } from './bounds.ts';
import { askVersion } from './version.ts';

/** Without a connection the service ends by itself after this time: so it does when we were killed. */
const idleSeconds = 10;
/** For the service to answer first. A cold podman migrates its storage, which takes a while on slow disks. */
const startMs = 30_000;
/** For the service to end after SIGTERM. */
const stopMs = 2000;

const directoryPrefix = 'phyllome-podman~';
/** The path of a socket has room for 107 bytes (unix(7)). */
const shortTmpdir = tmpdir().length > 20 ? '/tmp' : tmpdir();

/** A `podman system service` of our own, on a private socket. */
export interface PodmanService extends AsyncDisposable {
  readonly endpoint: Endpoint;
}

/**
 * Starts the service and waits until it answers.
 *
 * It is not a child of ours: Ctrl-C reaches our whole process group, and Nx signals the leaves of a process tree first and
 * waits for them, while the clean-up after an interrupt needs the service. One request (for events) is held open as long as we live; when we die, however that happens, it breaks and
 * the service's idle time runs out.
 *
 * @throws {Error} with podman's own words, or the shell's when there is no podman, when it does not come up.
 */
export async function startPodmanService(
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<PodmanService> {
  await using resources = new AsyncDisposableStack();
  await removeStaleDirectories();
  const directory = await mkdtemp(join(shortTmpdir, `${directoryPrefix}${ownOwner}~`));
  resources.defer(() => rm(directory, { recursive: true, force: true }));
  const socket = join(directory, 'sock');
  const words = join(directory, 'stderr');
  const pid = await startOrphan(
    ['podman', ...(await runtimeArguments(env)), 'system', 'service', `--time=${idleSeconds}`, `unix://${socket}`],
    { env, stderr: words },
  );
  resources.defer(() => stop(pid));
  const endpoint = unixEndpoint(socket);
  const { default: Docker } = await import('dockerode');
  const docker = boundRequests(new Docker(endpoint.options));
  const deadline = AbortSignal.timeout(startMs);
  for (;;) {
    signal?.throwIfAborted();
    try {
      await askVersion(docker, AbortSignal.any([deadline, ...(signal ? [signal] : [])]));
      break;
    } catch (cause) {
      signal?.throwIfAborted();
      if (!isRunning(pid)) throw new Error(await lastLineOf(words), { cause });
      if (deadline.aborted) throw new Error(`podman system service did not answer in ${startMs / 1000} s`, { cause });
      await sleep(20);
    }
  }
  const heldOpen = await withBounds({ signal, silenceMs: Infinity }, () =>
    docker.getEvents({ filters: { type: ['container'], event: ['none'] } }),
  );
  heldOpen.on('error', () => undefined).resume();
  resources.defer(() => {
    if (heldOpen instanceof Readable) heldOpen.destroy();
  });
  const owned = resources.move();
  return { endpoint, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/**
 * In hybrid mode (version 1 controllers, and version 2 mounted under `unified`) crun refuses to start containers;
 * runc does. Elsewhere podman knows best.
 */
async function runtimeArguments(env: NodeJS.ProcessEnv): Promise<string[]> {
  const hybrid = await exists('/sys/fs/cgroup/unified/cgroup.procs');
  return hybrid && findProgram('runc', env, { administrators: true }) !== undefined ? ['--runtime', 'runc'] : [];
}

/** Sockets' directories of processes that were killed. */
async function removeStaleDirectories(): Promise<void> {
  for (const name of await readdir(shortTmpdir)) {
    const owner = name.startsWith(directoryPrefix) ? parseOwner(name.slice(directoryPrefix.length)) : undefined;
    const path = join(shortTmpdir, name);
    if (owner === undefined || isAlive(owner)) continue;
    // Somebody else's directory in a shared /tmp is none of our business.
    const ours = (await stat(path).catch(() => undefined))?.uid === process.getuid?.();
    if (ours) await rm(path, { recursive: true, force: true });
  }
}

/** Starts a command in a session of its own, whose parent ends at once; returns its process id. */
async function startOrphan(
  argv: readonly string[],
  { env, stderr }: { env: NodeJS.ProcessEnv; stderr: string },
): Promise<number> {
  const script = 'log=$1; shift; "$@" < /dev/null > /dev/null 2> "$log" & echo $!';
  const { stdout } = await execa('/bin/sh', ['-c', script, 'sh', stderr, ...argv], {
    env,
    extendEnv: false,
    detached: true,
  });
  return Number(stdout);
}

async function stop(pid: number): Promise<void> {
  send(pid, 'SIGTERM');
  const deadline = AbortSignal.timeout(stopMs);
  while (isRunning(pid) && !deadline.aborted) await sleep(20);
  send(pid, 'SIGKILL');
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

/** Why a command ended: the last line it said. */
const lastLineOf = async (path: string): Promise<string> =>
  (await readFile(path, 'utf8').catch(messageOf)).trim().split('\n').at(-1) || 'podman ended without a word';

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
