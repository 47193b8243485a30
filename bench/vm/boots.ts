/**
 * What the tester costs, and whether it ever rejects a good image:
 * `node bench/vm/boots.ts ISO [--boots 2] [--pairs 2] [--firmware bios|uefi] [--log FILE]`.
 *
 * Boots the ISO with each firmware, and restores a snapshot of each boot: that a good image is never rejected shows under
 * any load. Then pairs: the machine beside the same one without the tester, up to the same line on the serial console.
 * They run at the same time, since a shared host gives one boot a fifth more than the next, and are compared by their CPU
 * time, the tester's own with it. What two machines without the tester differ by is measured, too: no smaller overhead
 * can be seen. At last the time from a panic's line to the verdict. With a log the boots of several runs add up: each run
 * appends its own, and the table is of all. Exits 1 when a good image was rejected.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startMachine } from '@phyllome/vm-tester';
import type { Firmware, VmEvent } from '@phyllome/vm-tester';
import { cpuTimeMs, temporaryDirectory } from '@phyllome/host';
import { median, rowsOf } from './rows.ts';
import { bootSector } from '../../packages/vm-tester/test/integration/boot-sectors.ts';

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: {
    boots: { type: 'string', default: '2' },
    pairs: { type: 'string', default: '2' },
    firmware: { type: 'string' },
    log: { type: 'string' },
  },
});
const [iso] = positionals;
if (iso === undefined)
  throw new Error('usage: node bench/vm/boots.ts ISO [--boots 2] [--pairs 2] [--firmware bios] [--log FILE]');
const REACHED = 'Reached target multi-user.target';
/** As grep finds it: the unit's name has a colour. */
const IN_COLOURS = 'Reached target .*multi-user\\.target';
/** On an idle machine with KVM; a pair shares the CPUs. */
const PATIENCE_MS = 60_000;
const RESTORES = 5;
const PANICS = 10;

/** A boot with the tester. */
interface Boot {
  firmware: Firmware;
  status: string;
  reachedMs: number;
  restoreMs: number;
  load: number;
}

async function boot(image: string, firmware: Firmware): Promise<Boot> {
  const load = loadavg()[0] ?? Number.NaN;
  await using directory = await temporaryDirectory('vm-boots-');
  const artifactsDir = join(directory.path, 'artifacts');
  await using machine = await startMachine({ image: { iso: image }, firmware, artifactsDir });
  await machine.boot();
  await machine.settle();
  let restoreMs = Number.NaN;
  if (machine.findings.every(({ severity }) => severity === 'warn')) {
    const snapshot = await machine.snapshot();
    const times: number[] = [];
    for (let index = 0; index < RESTORES; index++) {
      const start = performance.now();
      await machine.restore(snapshot);
      await machine.succeed('true');
      times.push(performance.now() - start);
    }
    restoreMs = median(times);
  }
  const { status } = await machine.conclude();
  const serial = await readFile(join(artifactsDir, 'serial.log'), 'utf8');
  const line = serial.split('\n').find((text) => text.includes(REACHED)) ?? '';
  const reachedMs = Number(/^\[ *([\d.]+)\]/.exec(line)?.[1]) * 1000;
  return { firmware, status, reachedMs, restoreMs, load };
}

/** What a machine took up to the line. */
interface Cost {
  ms: number;
  cpuMs: number;
}

/** A machine with the tester beside the same one without. */
async function testerBesideRaw(image: string, firmware: Firmware): Promise<[tester: Cost, raw: Cost]> {
  await using directory = await temporaryDirectory('vm-boots-');
  const artifactsDir = join(directory.path, 'artifacts');
  await using machine = await startMachine({ image: { iso: image }, firmware, artifactsDir });
  const start = performance.now();
  const ownBefore = process.cpuUsage();
  const reached = machine.waitForConsoleText(new RegExp(REACHED, 'u'), { timeoutMs: PATIENCE_MS }).then(() => {
    const { user, system } = process.cpuUsage(ownBefore);
    const cpuMs = (cpuTimeMs(machine.pid) ?? Number.NaN) + (user + system) / 1000;
    return { ms: performance.now() - start, cpuMs };
  });
  const judged = machine.boot().then(() => machine.settle());
  const [tester, raw] = await Promise.all([reached, rawBoot(machine.reproduce()), judged]);
  return [tester, raw];
}

/** Two machines without the tester beside each other. */
async function rawBesideRaw(image: string, firmware: Firmware): Promise<[Cost, Cost]> {
  await using machine = await startMachine({ image: { iso: image }, firmware });
  const script = machine.reproduce();
  return await Promise.all([rawBoot(script), rawBoot(script)]);
}

/** The machine of reproduce.sh. Its console is read by a process of its own: the CPU time of this one is the tester's. */
async function rawBoot(script: string): Promise<Cost> {
  await using directory = await temporaryDirectory('vm-boots-');
  const path = join(directory.path, 'reproduce.sh');
  const pidFile = join(directory.path, 'pid');
  await writeFile(path, script);
  const start = performance.now();
  const pipe = `sh "$0" -pidfile "$1" | { grep --quiet --max-count=1 "$2" && echo reached; }`;
  const shell = spawn('setsid', ['sh', '-c', pipe, path, pidFile, IN_COLOURS], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(shell.stdout, 'data');
  const ms = performance.now() - start;
  const qemu = Number(await readFile(pidFile, 'utf8'));
  const cpuMs = cpuTimeMs(qemu) ?? Number.NaN;
  process.kill(qemu, 'SIGTERM');
  await once(shell, 'close'); // the script removes what it made
  return { ms, cpuMs };
}

/** From the panic's line to the finding that ends the boot. */
async function panicMs(): Promise<number> {
  await using directory = await temporaryDirectory('vm-boots-');
  const disk = join(directory.path, 'disk.img');
  await writeFile(disk, bootSector({ print: 'Linux version 6\nKernel panic - not syncing: bench\n' }));
  const seen: Partial<Record<VmEvent['type'], number>> = {};
  const onEvent = ({ type }: VmEvent) => (seen[type] ??= performance.now());
  const artifactsDir = join(directory.path, 'artifacts');
  await using machine = await startMachine({ image: { disk, format: 'raw' }, artifactsDir, onEvent });
  await machine.boot();
  await machine.conclude();
  return (seen.verdict ?? Number.NaN) - (seen.phase ?? Number.NaN);
}

const seconds = (ms: number) => (ms / 1000).toFixed(1);
const firmwares = (['bios', 'uefi'] as const).filter((one) => flags.firmware === undefined || flags.firmware === one);

const boots: Boot[] = [];
for (const firmware of firmwares) {
  for (let index = 0; index < Number(flags.boots); index++) {
    const one = await boot(iso, firmware);
    boots.push(one);
    if (flags.log !== undefined) await appendFile(flags.log, `${JSON.stringify(one)}\n`);
  }
}
const all = await rowsOf(boots, flags.log);
console.log('| firmware | accepted | to multi-user.target, s | restore + command, s | times faster |');
console.log('| --- | --- | --- | --- | --- |');
for (const firmware of firmwares) {
  const of = all.filter((one) => one.firmware === firmware);
  const accepted = of.filter(({ status }) => status === 'accepted').length;
  const columns = [firmware, `${accepted} of ${of.length}`, seconds(median(of.map(({ reachedMs }) => reachedMs)))];
  columns.push(seconds(median(of.map(({ restoreMs }) => restoreMs))));
  columns.push(median(of.map(({ reachedMs, restoreMs }) => reachedMs / restoreMs)).toFixed(0));
  console.log(`| ${columns.join(' | ')} |`);
}

console.log('\n| firmware | pair | CPU time, s | ratio | wall time, s | ratio |');
console.log('| --- | --- | --- | --- | --- | --- |');
for (const firmware of firmwares) {
  const ratios: number[] = [];
  for (let index = 0; index < Number(flags.pairs); index++) {
    const [tester, raw] = await testerBesideRaw(iso, firmware);
    ratios.push(tester.cpuMs / raw.cpuMs);
    console.log(pairRow([firmware, 'tester and QEMU / QEMU'], tester, raw));
  }
  if (ratios.length === 0) continue;
  console.log(pairRow([firmware, 'QEMU / QEMU'], ...(await rawBesideRaw(iso, firmware))));
  console.log(`| ${firmware} | overhead, median | | **${median(ratios).toFixed(3)}** | | |`);
}

function ratio(of: number, to: number): string {
  return (of / to).toFixed(3);
}

function pairRow(names: string[], one: Cost, other: Cost): string {
  const columns = [...names, `${seconds(one.cpuMs)} / ${seconds(other.cpuMs)}`, ratio(one.cpuMs, other.cpuMs)];
  columns.push(`${seconds(one.ms)} / ${seconds(other.ms)}`, ratio(one.ms, other.ms));
  return `| ${columns.join(' | ')} |`;
}

const panics: number[] = [];
for (let index = 0; index < PANICS; index++) panics.push(await panicMs());
const [usual, worst] = [median(panics), Math.max(...panics)].map(Math.round);
console.log(`\nA panic's line to the verdict: median ${usual} ms, worst ${worst} ms of ${PANICS}`);
console.log(`Peak memory of this process: ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
process.exitCode = all.some(({ status }) => status !== 'accepted') ? 1 : 0;
