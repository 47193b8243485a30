import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withSecondAttempt } from './attempts.ts';
import type { Processors } from './attempts.ts';
import { LOGIN_PROMPT } from '../console/milestones.ts';
import { probeHost } from '../host/probe.ts';
import { startMachine } from '../machine/machine.ts';
import { hardwareOf } from '../machine/hardware.ts';
import type { MachineOptions } from '../machine/options.ts';
import type { Evidence, Uninstrumented, UninstrumentedSummary, Verdict } from './verdict.ts';

/** Where its artifacts are, in those of the run before it. */
const UNINSTRUMENTED = 'uninstrumented';

/**
 * Boots an image that was accepted once more with nothing of ours in it, as its users will: what the first run learnt
 * it learnt from a guest with two units more. All that can be judged is what shows: the same login prompt must come,
 * and no detector may find anything. As with any image, a kernel that dies under emulation is given one CPU before it
 * is blamed.
 * `options.artifactsDir` is that of the run before: it shows whether the image offers a login on the serial console.
 * @throws {VmTesterError} for what is wrong around the image
 */
export async function bootUninstrumented(options: MachineOptions): Promise<Uninstrumented> {
  const { artifactsDir, readyWhen } = options;
  const serial = artifactsDir && (await readFile(join(artifactsDir, 'serial.log'), 'utf8').catch(() => ''));
  if (
    readyWhen === undefined &&
    artifactsDir !== undefined &&
    !(serial || '').split('\n').some((line) => LOGIN_PROMPT.test(line))
  ) {
    return { skipped: 'it offers no login on the serial console, by which it would be seen to be up' };
  }
  const host = options.host ?? (await probeHost(options.signal ? { signal: options.signal } : {}));
  const folder = artifactsDir === undefined ? undefined : join(artifactsDir, UNINSTRUMENTED);
  const boot = async (processors: Processors) => {
    await using machine = await startMachine({
      queue: true,
      ...options,
      ...processors,
      host,
      instrument: 'screen',
      ...(folder !== undefined && { artifactsDir: folder }),
      onEvent: (event) => void (event.type === 'verdict' || options.onEvent?.(event)),
    });
    await machine.boot();
    return await machine.conclude();
  };
  const { cpus } = hardwareOf(options).hardware;
  return { verdict: await withSecondAttempt(boot, { accelerator: host.accelerator, cpus, artifactsDir: folder }) };
}

/**
 * What an accepted run and the boot without instruments say together. Where that is rejected the image is: it came up
 * only with our help. Where it says nothing, the run before it stands; nor is a power button that does nothing held
 * against it, as what that does is for each desktop to choose.
 */
export function withUninstrumented(accepted: Verdict, after: Uninstrumented): Verdict {
  if ('skipped' in after || after.verdict.status !== 'rejected') return accepted;
  if (after.verdict.phase === 'shutdown') return accepted;
  const without: Evidence = {
    source: 'host',
    atMs: 0,
    line: 'accepted with the instruments of the tester in it, and not without them:',
    detector: UNINSTRUMENTED,
  };
  return { ...after.verdict, evidence: [without, ...after.verdict.evidence] };
}

/** As verdict.json has it. */
export function summarize(after: Uninstrumented): UninstrumentedSummary {
  if ('skipped' in after) return { status: 'not judged', why: after.skipped };
  const { verdict } = after;
  const why = verdict.status === 'accepted' ? undefined : `${verdict.cause} in phase ${verdict.phase}`;
  return { status: verdict.status, folder: UNINSTRUMENTED, ...(why !== undefined && { why }) };
}
