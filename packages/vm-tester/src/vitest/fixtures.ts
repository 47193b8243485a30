import { join } from 'node:path';
import { expect, test as base } from 'vitest';
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
  readonly #options: MachineOptions;
  #machine: Machine;
  #fresh: Snapshot | undefined;
  #count = 1;
  /** The test that had the machine last: if it ended, it ended there. */
  #user = 'no test';

  private constructor(machine: Machine, options: MachineOptions) {
    this.#machine = machine;
    this.#options = options;
  }

  static async boot(options: MachineOptions): Promise<SharedMachine> {
    return new SharedMachine(await bootedMachine(options), options);
  }

  /**
   * The machine, for a test. After a test that took its power away or shut it down it is another one, booted anew, with
   * artifacts of its own in `machine-2` and so on.
   * @throws {VmTesterError} MACHINE_ENDED when it ended by itself: no other would do better
   */
  async current(user: string): Promise<Machine> {
    const last = this.#user;
    this.#user = user;
    const { ended } = this.#machine;
    if (ended === undefined) return this.#machine;
    if (!ended.asked) {
      this.#user = last;
      throw new VmTesterError('MACHINE_ENDED', `the machine of this file's tests ended in "${last}": ${ended.why}`, {
        hint: 'run that test alone; serial.log in the artifacts has the last words of the machine',
      });
    }
    await this.#end();
    this.#count++;
    const { artifactsDir } = this.#options;
    const own = artifactsDir === undefined ? {} : { artifactsDir: join(artifactsDir, `machine-${this.#count}`) };
    this.#machine = await bootedMachine({ ...this.#options, ...own });
    this.#fresh = undefined;
    return this.#machine;
  }

  /** The machine as it was when it had just booted. */
  async fresh(user: string): Promise<Machine> {
    const machine = await this.current(user);
    if (this.#fresh) await machine.restore(this.#fresh);
    else this.#fresh = await machine.snapshot('booted');
    return machine;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  async #end(): Promise<void> {
    await using machine = this.#machine;
    // The artifacts are complete only with a verdict.
    if (this.#options.artifactsDir !== undefined) await machine.conclude();
  }
}

/**
 * vitest's `test` with machines:
 * - `options`: what to boot, for `test.override('options', { image: { iso }, firmware: 'uefi' })`, once a file; or for
 *   `test.extend('options', { scope: 'file' }, …)`, which makes a `test` with a machine of its own
 * - `booted`: a machine that booted and settled, one for the file's tests
 * - `vm`: the same machine, set back to its first snapshot before each test that takes it: a test may spoil it.
 *   What the test says is also recorded as a check of the run, for its verdict and report.
 */
export const test = overriddenOnce(
  base
    .extend('options', { scope: 'file' }, (): MachineOptions => optionsFromEnvironment(process.env))
    .extend('shared', { scope: 'file' }, async ({ options }, { onCleanup }): Promise<SharedMachine> => {
      const shared = await SharedMachine.boot(options);
      onCleanup(() => shared[Symbol.asyncDispose]());
      return shared;
    })
    .extend('booted', ({ shared, task }): Promise<Machine> => shared.current(task.name))
    .extend('vm', async ({ shared, task, onTestFinished }): Promise<Machine> => {
      const machine = await shared.fresh(task.name);
      recordCheck(machine, { task, onTestFinished });
      return machine;
    }),
);

/**
 * At the top of a file vitest's `override` changes the `test` that it is called on: of two, the last would count for all
 * tests of the file, silently. The second is refused; `extend` makes a `test` of its own, with a machine of its own.
 */
function overriddenOnce<T extends { override: (...args: never[]) => unknown }>(machines: T): T {
  const files = new Set<string | undefined>();
  const override = machines.override.bind(machines);
  return Object.assign(machines, {
    override: (...args: never[]) => {
      const [what]: unknown[] = args;
      const names = typeof what === 'string' ? [what] : Object.keys(what ?? {});
      const file = expect.getState().testPath;
      if (names.includes('options') && files.has(file)) {
        throw new VmTesterError('OPTIONS_INVALID', 'the options of the machine are overridden twice in one file', {
          hint: "name each: const onBios = test.extend('options', { scope: 'file' }, () => ({ … })), or use two files",
        });
      }
      if (names.includes('options')) files.add(file);
      return override(...args);
    },
  });
}

/**
 * Records what a test says as a check of the machine: it is held against the image when it fails. One that skips itself
 * was not judged, for the reason that it gave.
 */
export function recordCheck(machine: Machine, { task, onTestFinished }: Pick<TestContext, 'task' | 'onTestFinished'>) {
  onTestFinished(() => {
    const { result } = task;
    if (result?.state === 'skip') {
      // What skip() was given; vitest's types do not have it.
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
