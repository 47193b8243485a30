/**
 * What the tester costs, and whether it ever rejects a good image:
 * `node bench/vm/boots.ts ISO [--boots 2] [--pairs 2] [--firmware bios|uefi] [--log FILE]`.
 *
 * Boots the ISO with each firmware. The first `--pairs` of these boots (by default all) in turns with the same
 * machine without the tester, up to the same line on the serial console, since a host's load changes from minute to
 * minute: give the machine nothing else to do. The CPU time of a pair, with the tester's own in it, says the same of a
 * busy host. That a good image is never rejected shows under any load. Then: a snapshot's restore against a boot, and the
 * time from a panic's line to the verdict. With a log the boots of several runs add up: each run appends its own, and the
 * tables are of all. Exits 1 when a good image was rejected.
 */
import { spawn } from 'node:child_process';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { startMachine } from '@phyllome/vm-tester';
import type { Firmware, VmEvent } from '@phyllome/vm-tester';
import { cpuTimeMs, temporaryDirectory } from '@phyllome/host';
import { median, rowsOf } from './rows.ts';
import { bootSector } from '../../packages/vm-tester/test/integration/boot-sectors.ts';

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: {
    boots: { type: 'string', default: '2' },
    pairs: { type: 'string', default: 'Infinity' },
    firmware: { type: 'string' },
    log: { type: 'string' },
  },
});
const [iso] = positionals;
if (iso === undefined)
  throw new Error('usage: node bench/vm/boots.ts ISO [--boots 2] [--pairs 2] [--firmware bios] [--log FILE]');
const REACHED = 'Reached target multi-user.target';
const RESTORES = 5;
const PANICS = 10;

interface Boot {
  status: string;
  reachedMs: number;
  /** Of QEMU and of the tester, up to then. */
  cpuMs: number;
  restoreMs: number;
  reproduce: string;
}

async function testerBoot(image: string, firmware: Firmware): Promise<Boot> {
  await using directory = await temporaryDirectory('vm-boots-');
  const artifactsDir = join(directory.path, 'artifacts');
  await using machine = await startMachine({ image: { iso: image }, firmware, artifactsDir });
  const ownBefore = process.cpuUsage();
  const reached = machine.waitForConsoleText(new RegExp(REACHED, 'u')).then(() => {
    const { user, system } = process.cpuUsage(ownBefore);
    return (cpuTimeMs(machine.pid) ?? Number.NaN) + (user + system) / 1000;
  });
  reached.catch(() => {}); // a boot that fails does not come so far
  await machine.boot();
  await machine.settle();
  const cpuMs = await reached.catch(() => Number.NaN);
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
  return { status, reachedMs, cpuMs, restoreMs, reproduce: machine.reproduce() };
}

/** The machine of reproduce.sh, until the same line. */
async function rawBoot(script: string): Promise<{ rawMs: number; rawCpuMs: number }> {
  await using directory = await temporaryDirectory('vm-boots-');
  const path = join(directory.path, 'reproduce.sh');
  await writeFile(path, script);
  const start = performance.now();
  const shell = spawn('setsid', ['sh', path], { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  for await (const chunk of shell.stdout) {
    text = (text + String(chunk)).slice(-10_000);
    if (stripVTControlCharacters(text).includes(REACHED)) break;
  }
  const rawMs = performance.now() - start;
  if (shell.pid === undefined) throw new Error('the shell of reproduce.sh did not start');
  const [qemu = ''] = (await readFile(`/proc/${shell.pid}/task/${shell.pid}/children`, 'utf8')).split(' ');
  const rawCpuMs = cpuTimeMs(Number(qemu)) ?? Number.NaN;
  process.kill(-shell.pid, 'SIGTERM');
  return { rawMs, rawCpuMs };
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

/** A boot with the tester, and how long the one without took that followed it, if one did. */
interface Row extends Omit<Boot, 'reproduce'> {
  firmware: Firmware;
  rawMs?: number;
  rawCpuMs?: number;
  load: number;
}

async function boot(image: string, firmware: Firmware, { withRaw }: { withRaw: boolean }): Promise<Row> {
  const load = loadavg()[0] ?? Number.NaN;
  const { reproduce, ...row } = await testerBoot(image, firmware);
  return { firmware, ...row, ...(withRaw && (await rawBoot(reproduce))), load };
}

const rows: Row[] = [];
for (const firmware of ['bios', 'uefi'] as const) {
  if (flags.firmware !== undefined && flags.firmware !== firmware) continue;
  for (let index = 0; index < Number(flags.boots); index++) {
    const one = await boot(iso, firmware, { withRaw: index < Number(flags.pairs) });
    rows.push(one);
    if (flags.log !== undefined) await appendFile(flags.log, `${JSON.stringify(one)}\n`);
  }
}
const all = await rowsOf(rows, flags.log);

const seconds = (ms: number) => (ms / 1000).toFixed(1);
console.log(
  '| firmware | accepted | restore + command, s | times faster | pairs | tester, s | raw QEMU, s | ratio of pairs | of their CPU time |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
for (const firmware of ['bios', 'uefi'] as const) {
  const of = all.filter((one) => one.firmware === firmware);
  if (of.length === 0) continue;
  const accepted = of.filter(({ status }) => status === 'accepted').length;
  const restore = median(of.map(({ restoreMs }) => restoreMs));
  const faster = median(of.map(({ reachedMs, restoreMs }) => reachedMs / restoreMs));
  const columns = [firmware, `${accepted} of ${of.length}`, seconds(restore), faster.toFixed(0)];
  const pairs = of.flatMap(({ reachedMs, cpuMs, rawMs, rawCpuMs }) =>
    rawMs === undefined || rawCpuMs === undefined ? [] : [{ reachedMs, cpuMs, rawMs, rawCpuMs }],
  );
  columns.push(`${pairs.length}`, seconds(median(pairs.map(({ reachedMs }) => reachedMs))));
  columns.push(seconds(median(pairs.map(({ rawMs }) => rawMs))));
  columns.push(median(pairs.map(({ reachedMs, rawMs }) => reachedMs / rawMs)).toFixed(2));
  columns.push(median(pairs.map(({ cpuMs, rawCpuMs }) => cpuMs / rawCpuMs)).toFixed(2));
  console.log(`| ${columns.join(' | ')} |`);
}
const panics: number[] = [];
for (let index = 0; index < PANICS; index++) panics.push(await panicMs());
const [usual, worst] = [median(panics), Math.max(...panics)].map(Math.round);
console.log(`\nA panic's line to the verdict: median ${usual} ms, worst ${worst} ms of ${PANICS}`);
console.log(`Peak memory of this process: ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
process.exitCode = all.some(({ status }) => status !== 'accepted') ? 1 : 0;
