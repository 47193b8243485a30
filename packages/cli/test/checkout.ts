import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';

const repository = resolve(import.meta.dirname, '../../..');

/** A copy of this checkout with its own dependencies, Nx cache and image store: as a fresh clone, uncommitted edits included. */
export interface Checkout extends AsyncDisposable {
  root: string;
  /** Of every command there. */
  env: Record<string, string>;
  /** Runs a command of the README there. */
  pnpm(...args: string[]): ReturnType<typeof run>;
  /** The same, with more of the environment. */
  pnpmWith(env: Record<string, string>, ...args: string[]): ReturnType<typeof run>;
}

/** @param more of the environment of every command */
export async function checkout(more: Record<string, string> = {}): Promise<Checkout> {
  const root = await mkdtemp(join(tmpdir(), 'phyllome-checkout-'));
  await copyWorkTree(root);
  // Caches lie elsewhere in real checkouts: Nx's daemon would take what it writes there for edits.
  await writeFile(join(root, '.nxignore'), '.nx-cache/\n.store/\n');
  const env = {
    NX_CACHE_DIRECTORY: join(root, '.nx-cache'),
    NX_DAEMON: 'false',
    PHYLLOME_BUILDER: 'rehearsal',
    PHYLLOME_STORE: join(root, '.store'),
    ...more,
  };
  await execa('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], { cwd: root, stdin: 'ignore' });
  return {
    root,
    env,
    pnpm: (...args) => run(root, args, env),
    pnpmWith: (extra, ...args) => run(root, args, { ...env, ...extra }),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

/** Copies what git has or would add: uncommitted edits included, and nothing that it ignores. */
export async function copyWorkTree(to: string): Promise<void> {
  const { stdout } = await execa('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repository,
  });
  for (const file of stdout.split('\0').filter(Boolean)) {
    await cp(join(repository, file), join(to, file)).catch((error: NodeJS.ErrnoException) => {
      // Listed by git, deleted in the work tree.
      if (error.code !== 'ENOENT') throw error;
    });
  }
}

function run(cwd: string, args: string[], env: Record<string, string>) {
  return execa('pnpm', args, { cwd, env, reject: false, all: true, stdin: 'ignore' });
}
