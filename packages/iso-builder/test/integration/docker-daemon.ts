import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { execa } from 'execa';

/** For a daemon to answer first, and to end. */
const patienceMs = 60_000;

/**
 * A Docker daemon of the tests' own: on a private socket, with a private data root, in a network of its own. Disposing it
 * leaves nothing.
 */
export interface DockerDaemon extends AsyncDisposable {
  /** `unix://…`, for DOCKER_HOST. */
  readonly host: string;
  readonly pid: number;
  /** The end of its log. */
  log(): Promise<string>;
  /** Stops it, as a machine that goes down would, and keeps its data. */
  stop(): Promise<void>;
  /** Starts it again. */
  start(): Promise<void>;
}

/**
 * Starts a daemon. Its containers have no network. It has only a loopback, apart from the machine's: one without a bridge
 * removes `docker0`, which another daemon may be using.
 *
 * @param listen more places to listen on, as dockerd's `--host` and its TLS options; ports are those of its own network
 * @throws {Error} with the end of its log
 */
export async function startDockerDaemon(listen: readonly string[] = []): Promise<DockerDaemon> {
  await using resources = new AsyncDisposableStack();
  // The path of a socket has room for 107 bytes, and containerd's is long.
  const folder = await mkdtemp(join(tmpdir().length > 20 ? '/tmp' : tmpdir(), 'phyllome-dockerd-'));
  resources.defer(() => removeFolder(folder));
  const socket = join(folder, 'docker.sock');
  const logFile = join(folder, 'log');
  await mkdir(join(folder, 'data'));
  let process: Daemon | undefined;
  const log = async (): Promise<string> => (await readFile(logFile, 'utf8').catch(() => '')).slice(-2000);
  const stop = async (): Promise<void> => {
    process?.kill('SIGTERM');
    await Promise.race([process, sleep(patienceMs, undefined, { ref: false })]);
    process?.kill('SIGKILL');
    process = undefined;
  };
  const start = async (): Promise<void> => {
    const own = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')];
    const files = ['--pidfile', join(folder, 'pid'), '--host', `unix://${socket}`];
    const noNetwork = ['--bridge=none', '--iptables=false'];
    process = spawn([...own, ...files, ...noNetwork, '--userland-proxy=false', ...listen], logFile);
    const docker = new Docker({ socketPath: socket });
    let ended = false;
    void process.then(() => (ended = true));
    for (const deadline = Date.now() + patienceMs; ;) {
      const answers = await docker.ping().then(
        () => true,
        () => false,
      );
      if (answers) return;
      if (ended || Date.now() > deadline) throw new Error(`dockerd does not come up:\n${await log()}`);
      await sleep(100);
    }
  };
  resources.defer(stop);
  await start();
  const owned = resources.move();
  return {
    host: `unix://${socket}`,
    get pid() {
      return process?.pid ?? 0;
    },
    log,
    stop,
    start,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

type Daemon = ReturnType<typeof spawn>;

const spawn = (args: readonly string[], logFile: string) =>
  execa('unshare', ['--net', 'sh', '-c', 'busybox ip link set lo up && exec dockerd "$@"', 'dockerd', ...args], {
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: { file: logFile },
    reject: false,
    cleanup: true,
  });

/** Mounts that the daemon left, of what was running when it was stopped, first. */
async function removeFolder(folder: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
  for (const path of mounts.filter((mount) => mount.startsWith(`${folder}/`)).toReversed())
    await execa('umount', ['--lazy', path], { reject: false });
  await rm(folder, { recursive: true, force: true });
}
