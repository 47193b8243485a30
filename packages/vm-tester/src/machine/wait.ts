import { setTimeout as sleep } from 'node:timers/promises';
import { VmTesterError } from '../errors.ts';
import type { WaitOptions } from './options.ts';
import type { Session } from './session.ts';

const DEFAULT_WAIT_MS = 30_000;
const POLL_EVERY_MS = 500;

/** What a try came to: the value waited for, or how things stand instead, for the error. */
export type Tried<T> = { value: T } | { state: string };

/**
 * Tries again and again, and at least once: however short the time, the answer to one try is waited for. A guest is
 * asked at most twice a second; what costs it nothing may be looked at more often.
 * @throws {VmTesterError} WAIT_TIMEOUT with what was seen last; MACHINE_ENDED as soon as nothing can change any more
 */
export async function waitFor<T>(
  session: Session,
  what: string,
  { timeoutMs = DEFAULT_WAIT_MS, signal: own }: WaitOptions,
  attempt: (signal: AbortSignal) => Promise<Tried<T>>,
  pollEveryMs = POLL_EVERY_MS,
): Promise<T> {
  let last = 'no answer';
  using deadline = session.deadline(
    timeoutMs,
    (afterMs) =>
      new VmTesterError('WAIT_TIMEOUT', `${what}: not after ${Math.round(afterMs / 1000)} s; last seen: ${last}`, {
        hint: 'give a larger timeoutMs if it needs longer; the artifacts show what the guest did',
      }),
  );
  const signal = session.signal(deadline.signal, own);
  for (let first = true; ; first = false) {
    if (!first) signal.throwIfAborted();
    const { over } = session;
    const result = await attempt(first ? session.signal(own) : signal);
    if ('value' in result) return result.value;
    last = result.state;
    if (over) {
      const why = session.monitor.fatal ?? session.infra;
      throw new VmTesterError('MACHINE_ENDED', `${what}: never, as the machine ended; last seen: ${last}`, {
        hint: why ? `${why.cause}: ${why.evidence.line}` : 'serial.log in the artifacts has its last output',
      });
    }
    await sleep(pollEveryMs, undefined, { signal }).catch(() => {});
  }
}
