import { systemctl } from './systemd.ts';
import type { RunResult } from './channel.ts';
import type { RunOptions } from '../machine/options.ts';
import type { UnitInfo } from './units.ts';

/** systemd's time-outs are meant for a machine with a processor of its own: one half as fast has them twice as long. */
const SLOW = 2;
/** Several services, each with the 90 s that it has as a rule. */
const START_MS = 600_000;
/** What ended a start that had failed by itself at no point. */
const BY_TIME: readonly string[] = ['timeout', 'watchdog'];

/** A guest that can be asked to start units. */
export interface Starter {
  execute(command: string[], options?: RunOptions): Promise<RunResult>;
  systemd: { unit(name: string): Promise<UnitInfo> };
}

/**
 * How many times slower than a machine with KVM, and with nobody beside it, this one was.
 *
 * @param lostShare of its time, what others on the host had
 */
export const slowness = (timeScale: number, lostShare: number): number => timeScale / Math.max(1 - lostShare, 0.01);

/** Of the failed units, those that systemd gave up on where that says nothing of the image: the machine was too slow. */
export function startedTooSlowly(failed: readonly UnitInfo[], slower: number): string[] {
  return slower < SLOW ? [] : failed.filter(({ result }) => BY_TIME.includes(result)).map(({ name }) => name);
}

/**
 * Starts units once more, now that the boot has ended and they have the machine for themselves, with the same time-outs.
 * Nothing from outside can lengthen those for a whole boot: credentials reach single units only
 * (systemd.system-credentials(7)).
 *
 * @param dependents what was not started because these were not; they are not waited for again where they still are not
 * @returns those of `units` that came up
 */
export async function startAgain(
  guest: Starter,
  { units, dependents, signal }: { units: readonly string[]; dependents: readonly string[]; signal: AbortSignal },
): Promise<string[]> {
  const names = [...new Set([...units, ...dependents])];
  await guest.execute(systemctl(['start', '--', ...names]), { timeoutMs: START_MS, signal });
  const now = await Promise.all(units.map((name) => guest.systemd.unit(name)));
  return now.filter(({ active, result }) => active !== 'failed' && result === 'success').map(({ name }) => name);
}
