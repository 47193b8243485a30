import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '@phyllome/iso-builder';

type Container = Awaited<ReturnType<Engine['docker']['createContainer']>>;

/** Between two looks. A request that waits for the end itself would be given up after a minute without an answer. */
const lookMs = 500;

/** Waits until a container has ended. @returns its exit code */
export async function exitCodeOf(container: Container): Promise<number> {
  for (;;) {
    const { State: state } = await container.inspect();
    if (!state.Running) return state.ExitCode;
    await sleep(lookMs);
  }
}
