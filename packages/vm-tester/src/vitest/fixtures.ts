import { test as base } from 'vitest';
import type { TestContext } from 'vitest';
import { VmTesterError } from '../errors.ts';
import { startMachine } from '../machine/machine.ts';
import type { Machine } from '../machine/machine.ts';
import { hardwareOf } from '../machine/hardware.ts';
import type { MachineOptions, Snapshot } from '../machine/options.ts';
import { preflightVerdict } from '../accept.ts';
import { imagePath } from '../qemu/media.ts';
import type { Verdict } from '../verdict/verdict.ts';

/** One boot for all tests of a file, and the way back to it. */
class SharedMachine implements AsyncDisposable {
  readonly machine: Machine;
  readonly #concluded: boolean;
  #fresh: Snapshot | undefined;

  constructor(machine: Machine, options: MachineOptions) {
    this.machine = machine;
    this.#concluded = options.artifactsDir !== undefined;
  }

  /** The machine as it was when it had just booted. */
  async fresh(): Promise<Machine> {
    if (this.#fresh) await this.machine.restore(this.#fresh);
    else this.#fresh = await this.machine.snapshot('booted');
    return this.machine;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using machine = this.machine;
    // The artifacts are complete only with a verdict.
    if (this.#concluded) await machine.conclude();
  }
}

/**
 * vitest's `test` with machines:
 * - `options`: what to boot, for `test.override('options', { image: { iso }, firmware: 'uefi' })`
 * - `booted`: a machine that booted and settled, one for the file's tests
 * - `vm`: the same machine, set back to its first snapshot before each test that takes it: a test may spoil it.
 *   What the test says is also recorded as a check of the run, for its verdict and report.
 */
export const test = base
  .extend('options', { scope: 'file' }, (): MachineOptions => optionsFromEnvironment(process.env))
  .extend('shared', { scope: 'file' }, async ({ options }, { onCleanup }): Promise<SharedMachine> => {
    const shared = new SharedMachine(await bootedMachine(options), options);
    onCleanup(() => shared[Symbol.asyncDispose]());
    return shared;
  })
  .extend('booted', { scope: 'file' }, ({ shared }): Machine => shared.machine)
  .extend('vm', async ({ shared, task, onTestFinished }): Promise<Machine> => {
    const machine = await shared.fresh();
    recordCheck(machine, { task, onTestFinished });
    return machine;
  });

/**
 * Records what a test says as a check of the machine: it is held against the image when it fails. One that skips itself
 * was not judged, for the reason that it gave.
 */
export function recordCheck(machine: Machine, { task, onTestFinished }: Pick<TestContext, 'task' | 'onTestFinished'>) {
  onTestFinished(() => {
    const { result } = task;
    if (result?.state === 'skip') {
      // What skip() was given; vitest's types do not tell of it.
      const reason = 'note' in result && typeof result.note === 'string' ? result.note : 'the test was skipped';
      return machine.notJudged(task.name, reason);
    }
    machine.check(task.name, result?.state === 'fail' ? (result.errors?.[0]?.message ?? 'it failed') : undefined);
  });
}

/**
 * Looks at an ISO, boots it and lets systemd start everything.
 * @throws {VmTesterError} NOT_ACCEPTED with the verdict's evidence: no test can be made in what did not boot
 */
async function bootedMachine(options: MachineOptions): Promise<Machine> {
  const { image } = options;
  const { firmware } = hardwareOf(options);
  if ('iso' in image) expectAccepted(await preflightVerdict(image.iso, firmware, options), image.iso);
  await using cleanup = new AsyncDisposableStack();
  const machine = cleanup.use(await startMachine({ queue: true, ...options }));
  const verdict = await machine.boot();
  if (verdict.status !== 'accepted' && options.artifactsDir !== undefined) await machine.conclude();
  expectAccepted(verdict, imagePath(image));
  await machine.settle();
  cleanup.move();
  return machine;
}

function expectAccepted(verdict: Verdict | undefined, image: string): void {
  if (!verdict || verdict.status === 'accepted') return;
  const evidence = verdict.evidence.map(({ source, line }) => `\n  ${source}: ${line}`).join('');
  throw new VmTesterError(
    'NOT_ACCEPTED',
    `${image} is ${verdict.status} in phase ${verdict.phase}: ${verdict.cause}${evidence}`,
    { hint: 'set artifactsDir to have its consoles, screens and report' },
  );
}

function optionsFromEnvironment(env: NodeJS.ProcessEnv): MachineOptions {
  const iso = env['PHYLLOME_ISO'];
  if (!iso) {
    throw new VmTesterError('NOT_CONFIGURED', 'these tests have no image to boot', {
      hint: "set PHYLLOME_ISO, or test.override('options', { image: { iso } })",
    });
  }
  return { image: { iso } };
}
