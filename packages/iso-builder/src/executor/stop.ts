import { setTimeout as sleep } from 'node:timers/promises';
import { patientGraceMs, type RunOptions } from './executor.ts';

/** For the end of a killed process to be reported. */
const killedMs = { usual: 60_000, interrupted: 1000 } as const;

/** Ends a process that runs livemedia-creator. One that has ended in the meantime needs no signal. */
export interface Stoppable {
  /** Settles when it has ended. */
  readonly exit: Promise<number>;
  interrupt(): Promise<void>;
  kill(): Promise<void>;
}

/**
 * Waits for the end. When `signal` or `stop` fires, the process is interrupted, which livemedia-creator obeys: it stops
 * the installer, copies its logs and unmounts. When its grace is over it is killed.
 *
 * @returns the exit code, and whether it was stopped
 */
export async function waitOrStop(
  process: Stoppable,
  { signal, stop, abortGraceMs }: Pick<RunOptions, 'signal' | 'stop' | 'abortGraceMs'>,
): Promise<{ exitCode: number; stopped: boolean }> {
  const over = new AbortController();
  const exit = process.exit.finally(() => over.abort());
  // What it throws is thrown below.
  exit.catch(() => undefined);
  const stopped = await Promise.race([exit.then(() => false), fired(AbortSignal.any([signal, stop]), over.signal)]);
  if (stopped) {
    const heard = await process.interrupt().then(
      () => true,
      // The caller waits no longer, and need not know why: it is killed next.
      (error: unknown) => {
        if (!signal.aborted) throw error;
        return false;
      },
    );
    // An abort in the patient grace shortens it.
    if (!signal.aborted) await Promise.race([fired(signal, over.signal), pause(patientGraceMs, over.signal)]);
    if (signal.aborted && heard) await pause(abortGraceMs, over.signal);
    if (!over.signal.aborted) await process.kill();
    // What is killed ends at once, unless its end is never reported.
    await Promise.race([exit, pause(signal.aborted ? killedMs.interrupted : killedMs.usual, over.signal)]);
    if (!over.signal.aborted) throw new Error('it was killed, and did not end');
  }
  return { exitCode: await exit, stopped };
}

/** Ends early, without a word, when `over` fires. */
const pause = (ms: number, over: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal: over }).catch(() => undefined);

/** Resolves with true when `signal` fires, with false when `over` does. */
const fired = (signal: AbortSignal, over: AbortSignal): Promise<boolean> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(true);
    if (over.aborted) resolve(false);
    signal.addEventListener('abort', () => resolve(true), { once: true, signal: over });
    over.addEventListener('abort', () => resolve(false), { once: true });
  });
