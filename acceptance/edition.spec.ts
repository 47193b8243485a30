import { preflightVerdict, readAllowList, startMachine } from '@phyllome/vm-tester';
import type { Machine, Verdict, VmEvent } from '@phyllome/vm-tester';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { baseChecks } from './checks/base.ts';
import { desktopChecks } from './checks/desktop.ts';
import { fedoraChecks } from './checks/fedora.ts';
import { hypervisorChecks, virtManagerChecks } from './checks/hypervisor.ts';
import { instrumentChecks } from './checks/instruments.ts';
import { liveChecks } from './checks/live.ts';
import { passthroughChecks } from './checks/passthrough.ts';
import { editionUnderTest } from './edition.ts';

const edition = editionUnderTest();
const MEMORY_MIB = { desktop: 3072, console: 2048 };

let machine: Machine | undefined;

/** The machine of this run, booted. */
function vm(): Machine {
  if (!machine) throw new Error('the edition was not booted');
  return machine;
}

beforeAll(async () => {
  const { iso, firmware, artifactsDir, cpus } = edition;
  const allow = edition.allow === undefined ? [] : await readAllowList(edition.allow);
  const refused = await preflightVerdict(iso, firmware, { artifactsDir, onEvent: show });
  expectAccepted(refused);
  const memoryMiB = edition.desktop ? MEMORY_MIB.desktop : MEMORY_MIB.console;
  machine = await startMachine({ image: { iso }, firmware, memoryMiB, cpus, allow, artifactsDir, onEvent: show });
  expectAccepted(await machine.boot());
  await machine.settle();
});

afterAll(async () => {
  await machine?.conclude();
  await machine?.[Symbol.asyncDispose]();
});

/** What the specs say belongs into the verdict and the report too. */
beforeEach(({ task, onTestFinished }) => {
  onTestFinished(({ task: { result } }) => {
    if (result?.state === 'skip') return;
    const failed = result?.state === 'fail';
    machine?.check(task.name, failed ? (result.errors?.[0]?.message ?? 'failed') : undefined);
  });
});

describe(`edition ${edition.name}, ${edition.firmware}`, () => {
  instrumentChecks(vm);
  baseChecks(vm, edition);
  liveChecks(vm, edition);
  if (edition.desktop) desktopChecks(vm);
  if (edition.hypervisor) hypervisorChecks(vm);
  if (edition.hypervisor && edition.desktop) virtManagerChecks(vm);
  if (edition.cpu) passthroughChecks(vm, edition.cpu);
  fedoraChecks(vm, edition);

  test('powers off cleanly, and nothing was found against it', async () => {
    expect(await machine?.conclude()).toMatchObject({ status: 'accepted' });
  });
});

/** @throws {Error} with the evidence: no check can be made in what did not boot */
function expectAccepted(verdict: Verdict | undefined): void {
  if (!verdict || verdict.status === 'accepted') return;
  const evidence = verdict.evidence.map(({ source, line }) => `\n  ${source}: ${line}`).join('');
  throw new Error(`${edition.iso} is ${verdict.status} in phase ${verdict.phase}: ${verdict.cause}${evidence}`);
}

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
