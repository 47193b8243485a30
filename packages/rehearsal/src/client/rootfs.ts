import { chmod, mkdir, mkdtemp, rename, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, ExecaError } from 'execa';
import { RehearsalError, type RehearsalErrorCode } from './errors.ts';
import { killGroup } from '../kill-group.ts';
import { recipeKey, type RootfsRecipe, rootfsArgv } from './recipe.ts';

/** How long mmdebstrap may take to unmount and remove its own things when it is interrupted. */
const graceMs = 20_000;

/** Last lines of mmdebstrap's output that an error quotes. */
const quotedLines = 12;

/** `$XDG_CACHE_HOME/phyllome/rehearsal`, by default in `~/.cache`. */
export const cacheDirectory = (env: NodeJS.ProcessEnv): string =>
  join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'phyllome', 'rehearsal');

/**
 * The path of the builder's root file system as a tar file: made by mmdebstrap, once for each recipe. It appears in the
 * cache whole or not at all.
 *
 * @throws {RehearsalError}; the signal's reason when it was aborted.
 */
export const rootfsTar = async (
  recipe: RootfsRecipe,
  { env, signal }: { env: NodeJS.ProcessEnv; signal?: AbortSignal | undefined },
): Promise<string> => {
  const directory = cacheDirectory(env);
  const path = join(directory, `rootfs-${recipeKey(recipe).slice(0, 16)}.tar`);
  if (await exists(path)) return path;
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
    await mmdebstrap(rootfsArgv(recipe, made), { env, scratch: scratch.path, signal });
    await rename(made, path);
    return path;
  } finally {
    await removeTree(work);
  }
};

/**
 * Where mmdebstrap unpacks. Without root it does so as users of its own (subuid(5)), who may not enter the home
 * directory that the cache is in: then below the system's directory for temporary files, open to pass through.
 */
const scratchFor = async (work: string): Promise<{ path: string } & AsyncDisposable> => {
  if (process.getuid?.() === 0) return { path: work, [Symbol.asyncDispose]: () => Promise.resolve() };
  const path = await mkdtemp(join(tmpdir(), 'phyllome-rootfs-'));
  await chmod(path, 0o711);
  return { path, [Symbol.asyncDispose]: () => removeTree(path) };
};

/** Another file system below it would be one that mmdebstrap could not unmount: that is left alone. */
const removeTree = async (path: string): Promise<void> => {
  await execa('rm', ['-rf', '--one-file-system', path], { reject: false });
};

/**
 * A process group of its own: told alone to end, mmdebstrap waits for the step that it is in; told together with what it
 * started, it unmounts, removes its files and ends at once.
 */
const mmdebstrap = async (
  [command = '', ...args]: readonly string[],
  { env, scratch, signal }: { env: NodeJS.ProcessEnv; scratch: string; signal?: AbortSignal | undefined },
): Promise<void> => {
  const running = execa(command, args, {
    env: { ...env, TMPDIR: scratch, LC_ALL: 'C.UTF-8' },
    extendEnv: false,
    detached: true,
    stdin: 'ignore',
    stdout: 'ignore',
  });
  let killer: NodeJS.Timeout | undefined;
  const interrupt = (): void => {
    killGroup(running.pid, 'SIGTERM');
    killer = setTimeout(() => killGroup(running.pid, 'SIGKILL'), graceMs);
  };
  signal?.addEventListener('abort', interrupt, { once: true });
  try {
    await running;
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof ExecaError)) throw error;
    if (error.code === 'ENOENT')
      throw new RehearsalError('REHEARSAL_MMDEBSTRAP_MISSING', 'mmdebstrap is not installed', {
        hint: 'run ./setup, or install the package mmdebstrap',
        cause: error,
      });
    const output = String(error.stderr);
    const { code, hint } = reasonFor(output);
    const said = output.trim().split('\n').slice(-quotedLines).join('\n');
    throw new RehearsalError(code, `mmdebstrap could not make the rehearsal builder's root file system:\n${said}`, {
      hint,
      cause: error,
    });
  } finally {
    signal?.removeEventListener('abort', interrupt);
    clearTimeout(killer);
  }
};

const reasons: readonly { pattern: RegExp; code: RehearsalErrorCode; hint: string }[] = [
  {
    pattern: /No space left on device/u,
    code: 'REHEARSAL_DISK_FULL',
    hint: 'free 2 GB where the cache is, or set XDG_CACHE_HOME to a directory elsewhere',
  },
  {
    pattern: /NO_PUBKEY|is not signed|Missing key|keyring/iu,
    code: 'REHEARSAL_KEYRING_MISSING',
    hint: 'install the package debian-archive-keyring: it has the keys that Debian signs its packages with',
  },
  {
    pattern:
      /Temporary failure resolving|Could not (?:resolve|connect)|Failed to fetch|Connection (?:refused|timed out)/u,
    code: 'REHEARSAL_MIRROR_UNREACHABLE',
    hint: 'the rehearsal needs a Debian mirror: check the network, or set http_proxy',
  },
];

/** What an output of mmdebstrap comes down to. */
export const reasonFor = (output: string): { code: RehearsalErrorCode; hint: string } =>
  reasons.find(({ pattern }) => pattern.test(output)) ?? {
    code: 'REHEARSAL_ROOTFS_FAILED',
    hint: 'the last lines above are what mmdebstrap said; run it by hand for more',
  };

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.size > 0,
    () => false,
  );
