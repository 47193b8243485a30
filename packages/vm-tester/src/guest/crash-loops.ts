import { setTimeout as sleep } from 'node:timers/promises';
import type { UnitInfo } from './units.ts';

const LOOK_EVERY_MS = 2_000;
/** A unit that is up has recovered when it stays up for this long. */
export const STEADY_MS = 10_000;
/** Longest wait for a unit that failed and is to be started again: twice a common RestartSec=30. */
const OBSERVED_MS = 75_000;
/** So many restarts of a unit that is not up are a loop, as in coreos-assembler's kola. */
export const CRASH_LOOP_RESTARTS = 2;
/** Ours come and go with the machine's channel. */
const INSTRUMENT = /^vmt-/;

/** What is known of the guest's services. */
export interface Services {
  services(): Promise<UnitInfo[]>;
  /** Units that ended with the initrd: the first restart of each is the switch of roots' doing. */
  carriedOver?: ReadonlySet<string>;
}

/** A service that process 1 has started more than once, and whether it still does not stay up. */
export interface Restarted {
  unit: UnitInfo;
  unstable: boolean;
}

/**
 * Services that crash and are started again never are `failed`, so that a crash loop looks like a healthy system. Looks
 * at every service that was restarted, or waits to be, until each is decided: it fails again or it stays up.
 *
 * @yields each of them once
 */
export async function* crashLoops(guest: Services, signal: AbortSignal): AsyncGenerator<Restarted, void, void> {
  const first = new Map<string, number>();
  const decided = new Set<string>();
  for (let waitedMs = 0; ; waitedMs += LOOK_EVERY_MS) {
    const own = (await guest.services()).map((unit) => withoutSwitch(unit, guest.carriedOver));
    const open = own.filter((unit) => suspicious(unit) && !decided.has(unit.name));
    for (const unit of open) {
      if (!first.has(unit.name)) first.set(unit.name, unit.restarts);
      const unstable = judge(unit, { since: unit.restarts - (first.get(unit.name) ?? 0), waitedMs });
      if (unstable === undefined) continue;
      decided.add(unit.name);
      yield { unit, unstable };
    }
    if (open.every(({ name }) => decided.has(name))) return;
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** The unit without the start that the switch of roots made necessary. */
function withoutSwitch(unit: UnitInfo, carriedOver: ReadonlySet<string> | undefined): UnitInfo {
  return carriedOver?.has(unit.name) ? { ...unit, restarts: Math.max(0, unit.restarts - 1) } : unit;
}

function suspicious({ name, restarts, sub, result }: UnitInfo): boolean {
  return !INSTRUMENT.test(name) && (restarts > 0 || (sub.startsWith('auto-restart') && result !== 'success'));
}

/** Does the unit fail again and again? Undefined while that is open. `since`: restarts while it was looked at. */
export function judge(
  { active, sub, result, restarts }: UnitInfo,
  { since, waitedMs }: { since: number; waitedMs: number },
): boolean | undefined {
  const down = sub.startsWith('auto-restart') || active === 'activating' || active === 'failed';
  if (down && result !== 'success' && (restarts >= CRASH_LOOP_RESTARTS || since > 0)) return true;
  if (since > 0 && restarts >= CRASH_LOOP_RESTARTS) return true;
  if (down && waitedMs >= OBSERVED_MS) return result !== 'success';
  if (!down && (waitedMs >= STEADY_MS || active === 'inactive')) return false;
  return undefined;
}
