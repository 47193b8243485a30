/**
 * What a killed runner leaves behind: `node bench/vm/kills.ts IMAGE [COUNT] [--up] [--latest SECONDS]`.
 *
 * Starts `phyllome test-vm IMAGE`, or with --up `phyllome up IMAGE`, ends it by SIGINT, SIGTERM or SIGKILL after a random
 * time, and counts a second later what is still there: processes of its QEMU, files in its own temporary directory, and
 * machines that the next command would find. Exits 1 when anything is.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposable, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { listMachines } from '@phyllome/vm-tester';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const;
const SETTLE_MS = 1_000;
const GRACE_MS = 30_000;

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: { up: { type: 'boolean', default: false }, latest: { type: 'string', default: '20' } },
});
const [image, count = '50'] = positionals;
if (image === undefined) throw new Error('usage: node bench/vm/kills.ts IMAGE [COUNT] [--up] [--latest SECONDS]');
const latestKillMs = Number(flags.latest) * 1000;
const command = (firmware: string): string[] =>
  flags.up
    ? ['up', image, '--display', 'none', '--memory', '512', '--firmware', firmware]
    : ['test-vm', image, '--firmware', firmware];
const cli = join(import.meta.dirname, '../../packages/cli/src/main.ts');

interface Row {
  signal: string;
  afterMs: number;
  exit: string;
  endedMs: number;
  processes: number;
  files: number;
}

/** Processes whose environment has the run's temporary directory: QEMU and whatever else it started. */
async function processesOf(directory: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')));
  return pids.filter((_, index) => environments[index]?.includes(`TMPDIR=${directory}\0`));
}

async function kill(index: number): Promise<Row> {
  await using runtime = await mkdtempDisposable(join(tmpdir(), 'vm-kills-'));
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-kills-'));
  const signal = SIGNALS[index % SIGNALS.length] ?? 'SIGKILL';
  const afterMs = Math.round(Math.random() * latestKillMs);
  const runner = spawn(process.execPath, [cli, ...command(index % 2 ? 'uefi' : 'bios')], {
    stdio: 'ignore',
    env: { ...process.env, TMPDIR: directory.path, XDG_RUNTIME_DIR: runtime.path },
  });
  const closed = once(runner, 'close');
  await sleep(afterMs);
  const start = performance.now();
  runner.kill(signal);
  if (flags.up && signal === 'SIGINT') {
    // The first asks the guest to power off, which one that hangs never does; the second takes its power away.
    await Promise.race([closed, sleep(SETTLE_MS)]);
    runner.kill(signal);
  }
  await Promise.race([closed, sleep(GRACE_MS, undefined, { ref: false })]);
  const endedMs = Math.round(performance.now() - start);
  await sleep(SETTLE_MS);
  const processes = await processesOf(directory.path);
  const machines = listMachines({ XDG_RUNTIME_DIR: runtime.path }).length;
  const unnamed = await readdir(join(runtime.path, 'phyllome')).catch(() => []);
  const files = [...(await readdir(directory.path)), ...unnamed];
  for (const pid of processes) process.kill(Number(pid), 'SIGKILL');
  const exit = String(runner.exitCode ?? runner.signalCode ?? 'still runs');
  return { signal, afterMs, exit, endedMs, processes: processes.length + machines, files: files.length };
}

const rows: Row[] = [];
for (let index = 0; index < Number(count); index++) {
  const row = await kill(index);
  rows.push(row);
  console.log(
    Object.entries(row)
      .map(([name, value]) => `${name} ${value}`)
      .join('  '),
  );
}

console.log('\n| signal | kills | slowest end | processes left | files left |\n| --- | --- | --- | --- | --- |');
const sum = (of: Row[], field: 'processes' | 'files') => of.reduce((total, row) => total + row[field], 0);
for (const signal of SIGNALS) {
  const of = rows.filter((row) => row.signal === signal);
  const slowest = Math.max(0, ...of.map(({ endedMs }) => endedMs));
  console.log(`| ${signal} | ${of.length} | ${slowest} ms | ${sum(of, 'processes')} | ${sum(of, 'files')} |`);
}
process.exitCode = sum(rows, 'processes') + sum(rows, 'files') > 0 ? 1 : 0;
