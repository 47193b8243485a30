import { setTimeout as sleep } from 'node:timers/promises';
import { type Machine, VmTesterError } from '@phyllome/vm-tester';

const LOOK_EVERY_MS = 2_000;

/**
 * Looks again and again until something is as it should be.
 *
 * @param timeoutMs on a real processor
 * @returns what was seen last, be it so or not
 */
export async function lookUntil<Seen>(
  vm: Machine,
  timeoutMs: number,
  look: () => Promise<Seen>,
  isSo: (seen: Seen) => boolean,
): Promise<Seen> {
  const deadline = performance.now() + timeoutMs * vm.host.timeScale;
  let seen = await look();
  while (!isSo(seen) && performance.now() < deadline) {
    await sleep(LOOK_EVERY_MS);
    seen = await look();
  }
  return seen;
}

/** Waits until the screen stands still. One that does not come to rest is taken as it is. */
export async function rest(vm: Machine, stillMs: number, timeoutMs: number): Promise<void> {
  await vm.waitStillScreen(stillMs, { timeoutMs }).catch((error: unknown) => {
    if (!(error instanceof VmTesterError && error.code === 'WAIT_TIMEOUT')) throw error;
  });
}
