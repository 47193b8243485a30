import type { CheckShell } from '@phyllome/flattener/lint';
import { execa } from 'execa';
import { z } from 'zod';

/** shellcheck, or why there is none. */
export type ShellChecker = { check: CheckShell; reason?: undefined } | { check: undefined; reason: string };

const output = z.object({
  comments: z.array(
    z.object({
      line: z.number(),
      column: z.number(),
      endLine: z.number(),
      endColumn: z.number(),
      level: z.enum(['error', 'warning', 'info', 'style']),
      code: z.number(),
      message: z.string(),
    }),
  ),
});

/** How many run at once: the machine may be busy building. */
const AT_ONCE = 4;

/**
 * The shellcheck on the PATH. Scripts are read as bash, which is what /bin/sh is on Fedora; files they would source
 * are not there.
 */
export async function findShellcheck(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<ShellChecker> {
  const version = await execa('shellcheck', ['--version'], {
    env,
    extendEnv: false,
    cancelSignal: signal,
    reject: false,
  });
  if (version.failed) {
    signal.throwIfAborted();
    const reason =
      'shellcheck is not on the PATH, so scripts were not checked for shell problems (Debian: apt install shellcheck)';
    return { check: undefined, reason };
  }
  const slots = Array.from({ length: AT_ONCE }, () => Promise.resolve());
  let next = 0;
  const check: CheckShell = (script) => {
    const slot = next;
    next = (next + 1) % AT_ONCE;
    const result = (slots[slot] ?? Promise.resolve()).then(() => run(script, env, signal));
    slots[slot] = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  };
  return { check };
}

async function run(script: string, env: NodeJS.ProcessEnv, signal: AbortSignal): ReturnType<CheckShell> {
  // SC1017 says of each line what KSL_CARRIAGE_RETURN says of a script.
  const options = ['--shell=bash', '--format=json1', '--exclude=SC1017,SC1090,SC1091', '-'];
  const { stdout, exitCode } = await execa('shellcheck', options, {
    env,
    extendEnv: false,
    cancelSignal: signal,
    input: script,
    reject: false,
  });
  // 1: it found something.
  if (exitCode !== 0 && exitCode !== 1) throw new Error(`shellcheck ended with exit code ${exitCode}`);
  return output.parse(JSON.parse(stdout)).comments;
}
