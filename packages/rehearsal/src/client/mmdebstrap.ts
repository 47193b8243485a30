import { execa, ExecaError } from 'execa';
import { killGroup } from '../kill-group.ts';
import { RehearsalError, type RehearsalErrorCode } from './errors.ts';

/** How long mmdebstrap may take to unmount and remove its own things when it is interrupted. */
const graceMs = 20_000;

/** Last lines of mmdebstrap's output that an error quotes. */
const quotedLines = 12;

/**
 * Runs mmdebstrap; returns what it said, and its hooks: it sends their stdout to stderr.
 *
 * A process group of its own: signalled alone, mmdebstrap waits for the step that it is in; signalled together with what it
 * started, it unmounts, removes its files and ends at once.
 *
 * @throws {RehearsalError}; the signal's reason when it was aborted.
 */
export async function mmdebstrap(
  [command = '', ...args]: readonly string[],
  { env, scratch, signal }: { env: NodeJS.ProcessEnv; scratch: string; signal?: AbortSignal | undefined },
): Promise<string> {
  signal?.throwIfAborted();
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
    return (await running).stderr;
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
    throw new RehearsalError(code, `mmdebstrap failed:\n${said}`, {
      hint,
      cause: error,
    });
  } finally {
    signal?.removeEventListener('abort', interrupt);
    clearTimeout(killer);
  }
}

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
