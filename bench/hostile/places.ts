import { chmod, chown, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

/** Where builds run: an engine, and who asks it. */
export interface Place extends AsyncDisposable {
  name: string;
  /** A directory that builds may fill. */
  folder: string;
  /** Runs Node there. */
  node(args: readonly string[]): Promise<string>;
}

const repository = resolve(import.meta.dirname, '../..');
/** For one build. */
const timeout = 15 * 60_000;

/** Docker or Podman, as the user who runs this. */
export async function ownPlace(kind: 'docker' | 'podman'): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'phyllome-hostile-'));
  return {
    name: process.getuid?.() === 0 ? kind : `${kind}, rootless`,
    folder,
    node: async (args) =>
      (await execa(process.execPath, args, { cwd: repository, timeout, env: { PHYLLOME_ENGINE: kind } })).stdout,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/**
 * Podman of root on a machine that reserves ids for its containers: the two files are others in a mount name space that only
 * this has.
 */
export async function userNamespacePlace(): Promise<Place> {
  const { folder, ...place } = await ownPlace('podman');
  const ids = join(folder, 'ids');
  await writeFile(ids, 'containers:2000000000:65536\n');
  const script = 'for file in /etc/subuid /etc/subgid; do mount --bind "$0" "$file" || exit; done; exec "$@"';
  const argv = ['--mount', '--propagation=private', '--', 'sh', '-c', script, ids, process.execPath];
  return {
    ...place,
    name: 'podman, ids of its own',
    folder,
    node: async (args) =>
      (
        await execa('unshare', [...argv, ...args], {
          cwd: repository,
          timeout,
          env: { PHYLLOME_ENGINE: 'podman', DOCKER_HOST: '' },
        })
      ).stdout,
  };
}

/**
 * Rootless Podman, by a user who is made for that and removed afterwards. What a machine must let its users open for it,
 * network and overlays, is opened in a mount name space that only this has: the machine itself stays as it is. Takes root.
 */
export async function rootlessPlace(): Promise<Place> {
  const user = `phyllome-hostile-${process.pid}`;
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp('/var/tmp/phyllome-hostile-');
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  await execa('useradd', ['--home-dir', folder, '--shell', '/bin/sh', user]);
  resources.defer(async () => {
    await endProcessesOf(user);
    await execa('userdel', [user]);
  });
  const [uid = 0, gid = 0] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await execa('id', [flag, user])).stdout)),
  );
  const give = async (path: string): Promise<void> => chown(path, uid, gid);
  for (const path of [
    'run',
    '.config',
    '.config/containers',
    '.cache',
    '.cache/phyllome',
    '.cache/phyllome/rehearsal',
  ]) {
    await mkdir(join(folder, path), { mode: 0o700 });
    await give(join(folder, path));
  }
  await give(folder);
  await chmod(folder, 0o711);
  // Without it, Podman of before 5 copies whole file systems (`vfs`).
  await writeFile(join(folder, '.config/containers/storage.conf'), '[storage]\ndriver = "overlay"\n');
  await shareRootfs(join(folder, '.cache/phyllome/rehearsal'), give);
  const script = [
    'mount -t tmpfs -o mode=0755 none /dev/net && mknod -m 666 /dev/net/tun c 10 200',
    `mkdir ${folder}/devices-$$ && mount -t tmpfs none ${folder}/devices-$$ && mknod -m 666 ${folder}/devices-$$/fuse c 10 229`,
    `mount --bind ${folder}/devices-$$/fuse /dev/fuse`,
    'exec "$@"',
  ].join(' && ');
  const argv = ['--mount', '--propagation=private', '--', 'sh', '-c', script, 'sh'];
  argv.push('setpriv', `--reuid=${user}`, `--regid=${gid}`, '--init-groups', '--reset-env', 'env');
  argv.push(`HOME=${folder}`, `XDG_RUNTIME_DIR=${folder}/run`, `PATH=${process.env['PATH'] ?? ''}`);
  argv.push('PHYLLOME_ENGINE=podman', process.execPath);
  const owned = resources.move();
  return {
    name: 'podman, rootless',
    folder,
    node: async (args) => (await execa('unshare', [...argv, ...args], { cwd: repository, timeout })).stdout,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The builder's root file system, which the user would have to make for minutes. */
async function shareRootfs(to: string, give: (path: string) => Promise<void>): Promise<void> {
  const from = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'phyllome/rehearsal');
  for (const name of await readdir(from).catch(() => [])) {
    if (!name.endsWith('.tar')) continue;
    await copyFile(join(from, name), join(to, name));
    await give(join(to, name));
  }
}

/** Podman leaves one that holds its user name space. */
async function endProcessesOf(user: string): Promise<void> {
  for (const signal of ['-TERM', '-KILL']) {
    const { stdout } = await execa('ps', ['-u', user, '-o', 'pid='], { reject: false });
    const pids = stdout.split('\n').map((line) => line.trim());
    if (pids.every((pid) => pid === '')) return;
    await execa('kill', [signal, ...pids.filter((pid) => pid !== '')], { reject: false });
    await sleep(500);
  }
}
