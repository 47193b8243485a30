import { preflightVerdict, readAllowList, startMachine } from '@phyllome/vm-tester';
import type { Machine, Verdict, VmEvent } from '@phyllome/vm-tester';
import { expect, recordCheck } from '@phyllome/vm-tester/vitest';
import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import { type Entry, entries } from './catalogue.ts';
import { FIRST_BOOT } from './checks/boot.ts';
import { checks } from './checks/index.ts';
import { instrumentChecks } from './checks/instruments.ts';
import { editionUnderTest } from './edition.ts';
import { NotJudged, type Outcome, writeOutcomes } from './judge.ts';
import { bootOpening } from './passphrase.ts';

const edition = editionUnderTest();
/** What runs until a person has answered. */
const waitsFor = edition.traits.has('install') ? [FIRST_BOOT] : [];
const MEMORY_MIB = { desktop: 3072, console: 2048 };

let machine: Machine | undefined;
const outcomes: Outcome[] = [];

/** The machine of this run, booted. */
function vm(): Machine {
  if (!machine) throw new Error('the edition was not booted');
  return machine;
}

beforeAll(async () => {
  const { image, firmware, artifactsDir, cpus, cpu, traits } = edition;
  const allow = edition.allow === undefined ? [] : await readAllowList(edition.allow);
  if ('iso' in image) expectAccepted(await preflightVerdict(image.iso, firmware, { artifactsDir, onEvent: show }));
  machine = await startMachine({
    image,
    firmware,
    cpus,
    ...(cpu !== undefined && { cpu }),
    memoryMiB: traits.has('desktop') ? MEMORY_MIB.desktop : MEMORY_MIB.console,
    network: edition.network,
    // What the edition is for must be there to be judged.
    nested: traits.has('hypervisor'),
    ...(traits.has('intel') && { iommu: 'intel' }),
    ...(traits.has('amd') && { iommu: 'virtio' }),
    allow,
    artifactsDir,
    onEvent: show,
  });
  const booting = machine;
  expectAccepted(await bootOpening(booting, edition, () => booting.boot()));
  if (machine.host.timeScale > 1) await giveSessionsTime(machine);
  await machine.settle({ waitsFor });
});

afterAll(async () => {
  writeOutcomes(outcomes, edition.artifactsDir);
  await machine?.conclude();
  await machine?.[Symbol.asyncDispose]();
});

/** What a test says belongs into the verdict and the report too. */
beforeEach((context) => {
  if (machine) recordCheck(machine, context);
});

describe(`edition ${edition.name}, ${edition.firmware}`, () => {
  instrumentChecks(vm, waitsFor);

  for (const entry of entries.filter(({ id }) => edition.checks.has(id))) {
    test(entry.title, async ({ skip }) => {
      const reason = await judge(entry);
      if (reason === undefined) return;
      // Printed: an unseen skip looks like a pass.
      process.stdout.write(`        not judged: ${entry.title}: ${reason}\n`);
      skip(reason);
    });
  }

  test('powers off cleanly, and nothing was found against it', async () => {
    expect(await machine?.conclude()).toMatchObject({ status: 'accepted' });
  });
});

/** systemd.directives(7), DefaultTimeoutStartSec: how long a service may take to start, on a real processor. */
const SERVICE_START_SECONDS = 90;

/**
 * On an emulated processor GNOME Shell takes longer to start than its user manager waits, which would kill it over and
 * over. Written before anybody's session begins: the guest is ready long before its display manager.
 */
async function giveSessionsTime(slow: Machine): Promise<void> {
  const seconds = Math.ceil(SERVICE_START_SECONDS * slow.host.timeScale);
  await slow.succeed('mkdir -p /run/systemd/user.conf.d');
  await slow.writeFile('/run/systemd/user.conf.d/slow-machine.conf', `[Manager]\nDefaultTimeoutStartSec=${seconds}\n`);
}

/** Makes one check and notes what it came to. @returns why it could not be made; undefined: it holds */
async function judge({ id, title, rehearsal }: Entry): Promise<string | undefined> {
  const note = (status: Outcome['status'], reason?: string): string | undefined => {
    outcomes.push({ id, title, status, ...(reason !== undefined && { reason }) });
    return reason;
  };
  if (edition.rehearsal && rehearsal !== undefined) return note('not judged', rehearsal);
  const check = checks[id];
  if (!check) throw new Error(`catalogue.json has a check "${id}" that no code in checks/ makes`);
  try {
    await check(vm(), edition);
    return note('accepted');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof NotJudged) return note('not judged', reason);
    note('rejected', reason);
    throw error;
  }
}

/** @throws {Error} with the evidence: no check can be made in what did not boot */
function expectAccepted(verdict: Verdict | undefined): void {
  if (!verdict || verdict.status === 'accepted') return;
  const evidence = verdict.evidence.map(({ source, line }) => `\n  ${source}: ${line}`).join('');
  throw new Error(`${edition.name} is ${verdict.status} in phase ${verdict.phase}: ${verdict.cause}${evidence}`);
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
