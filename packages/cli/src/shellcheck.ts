import { parseJson } from '@phyllome/host/json';
import type { CheckShell } from '@phyllome/flattener/lint';
import { execa } from 'execa';
import * as z from 'zod';

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

/** Limits of what shellcheck may take, in milliseconds: some scripts keep it busy for ever. */
interface ShellcheckLimits {
  readonly script: number;
  /** For all scripts together: those that come later are not checked. */
  readonly run: number;
}

/** A script takes it a tenth of a second; the worst that was seen in use, five seconds. */
const LIMITS: ShellcheckLimits = { script: 30_000, run: 180_000 };

/** How many run at once: the machine may be busy building. */
const AT_ONCE = 4;

/**
 * The shellcheck on the PATH. Scripts are read as bash, which is what /bin/sh is on Fedora; files they would source
 * are not there.
 */
export async function findShellcheck(
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  limits = LIMITS,
): Promise<ShellChecker> {
  const version = await execa('shellcheck', ['--version'], {
    env,
    extendEnv: false,
    cancelSignal: signal,
    timeout: limits.script,
    reject: false,
  });
  if (version.failed) {
    signal.throwIfAborted();
    const reason = version.timedOut
      ? `shellcheck --version did not end within ${limits.script / 1000} s, so scripts were not checked for shell problems`
      : 'shellcheck is not on the PATH, so scripts were not checked for shell problems (Debian: apt install shellcheck)';
    return { check: undefined, reason };
  }
  const end = performance.now() + limits.run;
  const slots = Array.from({ length: AT_ONCE }, (): Promise<unknown> => Promise.resolve());
  let next = 0;
  const check: CheckShell = (script) => {
    const slot = next;
    next = (next + 1) % AT_ONCE;
    const result = (slots[slot] ?? Promise.resolve()).then(() => {
      const left = Math.ceil(end - performance.now());
      if (left <= 0) return { unchecked: `other scripts took all of the ${limits.run / 1000} s there are` };
      return run(script, { env, signal, limit: Math.min(limits.script, left) });
    });
    slots[slot] = result.catch(() => undefined);
    return result;
  };
  return { check };
}

async function run(
  script: string,
  { env, signal, limit }: { env: NodeJS.ProcessEnv; signal: AbortSignal; limit: number },
): ReturnType<CheckShell> {
  // SC1017 reports for each line what KSL_CARRIAGE_RETURN reports for a script.
  const options = ['--shell=bash', '--format=json1', '--exclude=SC1017,SC1090,SC1091', '-'];
  const { stdout, exitCode, timedOut } = await execa('shellcheck', options, {
    env,
    extendEnv: false,
    cancelSignal: signal,
    timeout: limit,
    killSignal: 'SIGKILL',
    input: script,
    reject: false,
  });
  signal.throwIfAborted();
  if (timedOut) return { unchecked: `it did not end within ${Math.ceil(limit / 1000)} s` };
  // 1: it found something.
  if (exitCode !== 0 && exitCode !== 1)
    return { unchecked: exitCode === undefined ? 'it was killed' : `it ended with exit code ${exitCode}` };
  return output.parse(parseJson(stdout)).comments;
}
