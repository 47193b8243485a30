import { preflightVerdict, startMachine } from '@phyllome/vm-tester';
import type { Machine, Verdict, VmEvent } from '@phyllome/vm-tester';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { baseChecks } from './checks/base.ts';
import { desktopChecks } from './checks/desktop.ts';
import { fedoraChecks } from './checks/fedora.ts';
import { hypervisorChecks } from './checks/hypervisor.ts';
import { liveChecks } from './checks/live.ts';
import { editionUnderTest } from './edition.ts';

const edition = editionUnderTest();
const MEMORY_MIB = { desktop: 3072, console: 2048 };

let machine: Machine | undefined;
let boot: Verdict | undefined;

/** The machine of this run, once it has booted. */
function vm(): Machine {
  if (!machine || boot?.status !== 'accepted') throw new Error('the edition did not boot');
  return machine;
}

beforeAll(async () => {
  boot = await preflightVerdict(edition.iso, edition.firmware, { artifactsDir: edition.artifactsDir });
  if (boot) return;
  machine = await startMachine({
    image: { iso: edition.iso },
    firmware: edition.firmware,
    memoryMiB: edition.desktop ? MEMORY_MIB.desktop : MEMORY_MIB.console,
    artifactsDir: edition.artifactsDir,
    onEvent: show,
  });
  boot = await machine.boot();
  if (boot.status === 'accepted') await machine.settle();
});

afterAll(async () => {
  await machine?.conclude();
  await machine?.[Symbol.asyncDispose]();
});

/** What a spec holds against the image belongs into its verdict too. */
beforeEach(({ task, onTestFailed }) => {
  onTestFailed(({ task: { result } }) => {
    machine?.reject(`acceptance: ${task.name}`, result?.errors?.[0]?.message ?? 'failed');
  });
});

describe(`edition ${edition.name}, ${edition.firmware}`, () => {
  test('boots', () => {
    expect(boot).toMatchObject({ status: 'accepted' });
  });

  baseChecks(vm, edition);
  liveChecks(vm, edition);
  if (edition.desktop) desktopChecks(vm);
  if (edition.hypervisor) hypervisorChecks(vm, edition);
  fedoraChecks(vm, edition);

  test('powers off cleanly, and nothing was found against it', async () => {
    expect(await machine?.conclude()).toMatchObject({ status: 'accepted' });
  });
});

/** Progress for who watches: a boot takes a minute and more. Written past vitest, which would add a heading to each. */
function show(event: VmEvent): void {
  if (event.type === 'host') say(0, `QEMU ${event.qemuVersion}, ${event.accelerator} (${event.reason})`);
  if (event.type === 'phase') say(event.atMs, event.phase);
  if (event.type === 'finding') {
    say(event.evidence.atMs, `${event.severity}: ${event.cause}: ${event.evidence.line}`);
  }
}

function say(atMs: number, text: string): void {
  process.stdout.write(`${`${Math.round(atMs / 1000)}s`.padStart(6)}  ${text}\n`);
}
