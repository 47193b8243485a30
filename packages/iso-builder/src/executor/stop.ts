import { setTimeout as sleep } from 'node:timers/promises';
import { patientGraceMs, type RunOptions } from './executor.ts';

/** How a process that runs livemedia-creator is told to end. One that has ended in the meantime needs no signal. */
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
export const waitOrStop = async (
  process: Stoppable,
  { signal, stop, abortGraceMs }: Pick<RunOptions, 'signal' | 'stop' | 'abortGraceMs'>,
): Promise<{ exitCode: number; stopped: boolean }> => {
  const over = new AbortController();
  const exit = process.exit.finally(() => over.abort());
  // What it throws is thrown below.
  exit.catch(() => undefined);
  const stopped = await Promise.race([exit.then(() => false), fired(AbortSignal.any([signal, stop]), over.signal)]);
  if (stopped) {
    await process.interrupt();
    // An abort in the patient grace shortens it.
    if (!signal.aborted) await Promise.race([fired(signal, over.signal), pause(patientGraceMs, over.signal)]);
    if (signal.aborted) await pause(abortGraceMs, over.signal);
    if (!over.signal.aborted) await process.kill();
  }
  return { exitCode: await exit, stopped };
};

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
