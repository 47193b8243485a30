import { access, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import Docker from 'dockerode';
import { messageOf } from '../errors.ts';
import { isAlive, ownOwner, parseOwner } from '../owner.ts';
import { type Endpoint, unixEndpoint } from './endpoint.ts';

/** Without a connection the service ends by itself after this time: so it does when we were killed. */
const idleSeconds = 10;
/** For the service to answer first. A cold podman migrates its storage, which takes a while on slow disks. */
const startMs = 30_000;
/** For the service to end when told to. */
const stopMs = 5000;

const directoryPrefix = 'phyllome-podman~';
/** The path of a socket has room for 107 bytes (unix(7)). */
const shortTmpdir = tmpdir().length > 20 ? '/tmp' : tmpdir();

/** A `podman system service` of our own, on a socket nobody else knows. */
export interface PodmanService extends AsyncDisposable {
  readonly endpoint: Endpoint;
}

/**
 * Starts the service and waits until it answers.
 *
 * It runs in a process group of its own, because Ctrl-C reaches the whole group and the clean-up after it needs the
 * service. One request (for events) is held open as long as we live; when we die, however that happens, it breaks and
 * the service's idle time runs out.
 *
 * @throws {Error} with podman's own words when it does not come up (no podman: ENOENT).
 */
export const startPodmanService = async (
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<PodmanService> => {
  await using resources = new AsyncDisposableStack();
  await removeStaleDirectories();
  const directory = await mkdtemp(join(shortTmpdir, `${directoryPrefix}${ownOwner}~`));
  resources.defer(() => rm(directory, { recursive: true, force: true }));
  const socket = join(directory, 'sock');
  const service = execa(
    'podman',
    [...(await runtimeArguments(env)), 'system', 'service', `--time=${idleSeconds}`, `unix://${socket}`],
    { env, extendEnv: false, detached: true, stdin: 'ignore', stdout: 'ignore', reject: false, maxBuffer: 100_000 },
  );
  resources.defer(async () => {
    service.kill('SIGTERM');
    await Promise.race([service, sleep(stopMs, undefined, { ref: false })]);
    service.kill('SIGKILL');
    await service;
  });
  const endpoint = unixEndpoint(socket);
  const docker = new Docker(endpoint.options);
  const ended = new AbortController();
  void service.finally(() => ended.abort());
  const deadline = AbortSignal.timeout(startMs);
  for (;;) {
    signal?.throwIfAborted();
    try {
      await docker.ping();
      break;
    } catch (cause) {
      if (ended.signal.aborted) throw new Error(lastWords(await service), { cause });
      if (deadline.aborted) throw new Error(`podman system service did not answer in ${startMs / 1000} s`, { cause });
      await sleep(20);
    }
  }
  const heldOpen = await docker.getEvents({ filters: { type: ['container'], event: ['none'] } });
  heldOpen.on('error', () => undefined).resume();
  resources.defer(() => {
    if (heldOpen instanceof Readable) heldOpen.destroy();
  });
  const owned = resources.move();
  return { endpoint, [Symbol.asyncDispose]: () => owned.disposeAsync() };
};

/**
 * In hybrid mode (version 1 controllers, and version 2 mounted under `unified`) crun refuses to start containers;
 * runc does. Elsewhere podman knows best.
 */
const runtimeArguments = async (env: NodeJS.ProcessEnv): Promise<string[]> => {
  const hybrid = await exists('/sys/fs/cgroup/unified/cgroup.procs');
  const runc =
    hybrid && (await anyExists(`${env['PATH'] ?? ''}:/usr/sbin:/sbin`.split(':').map((p) => join(p, 'runc'))));
  return runc ? ['--runtime', 'runc'] : [];
};

/** Sockets' directories of processes that were killed. */
const removeStaleDirectories = async (): Promise<void> => {
  for (const name of await readdir(shortTmpdir)) {
    const owner = name.startsWith(directoryPrefix) ? parseOwner(name.slice(directoryPrefix.length)) : undefined;
    const path = join(shortTmpdir, name);
    if (owner === undefined || isAlive(owner)) continue;
    // Somebody else's directory in a shared /tmp is none of our business.
    const ours = (await stat(path).catch(() => undefined))?.uid === process.getuid?.();
    if (ours) await rm(path, { recursive: true, force: true });
  }
};

/** Why a command ended: its last line, or why it could not even start. */
const lastWords = (result: { stderr: string; cause?: unknown; shortMessage?: string | undefined }): string =>
  result.stderr.trim().split('\n').at(-1) || messageOf(result.cause ?? result.shortMessage ?? 'podman ended');

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
const anyExists = async (paths: string[]): Promise<boolean> => (await Promise.all(paths.map(exists))).includes(true);
