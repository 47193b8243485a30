/**
 * What a killed runner leaves behind: `node bench/vm/kills.ts ISO [COUNT]`.
 *
 * Starts `phyllome test-vm ISO`, ends it by SIGINT, SIGTERM or SIGKILL after a random time, and counts a second later
 * what is still there: processes of its QEMU, and files in its own temporary directory. Exits 1 when anything is.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposable, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const;
const LATEST_KILL_MS = 20_000;
const SETTLE_MS = 1_000;
const GRACE_MS = 30_000;

const [iso = '', count = '50'] = process.argv.slice(2);
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
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-kills-'));
  const signal = SIGNALS[index % SIGNALS.length] ?? 'SIGKILL';
  const afterMs = Math.round(Math.random() * LATEST_KILL_MS);
  const runner = spawn(process.execPath, [cli, 'test-vm', iso, '--firmware', index % 2 ? 'uefi' : 'bios'], {
    stdio: 'ignore',
    env: { ...process.env, TMPDIR: directory.path },
  });
  const closed = once(runner, 'close');
  await sleep(afterMs);
  const start = performance.now();
  runner.kill(signal);
  await Promise.race([closed, sleep(GRACE_MS)]);
  const endedMs = Math.round(performance.now() - start);
  await sleep(SETTLE_MS);
  const processes = await processesOf(directory.path);
  const files = await readdir(directory.path);
  for (const pid of processes) process.kill(Number(pid), 'SIGKILL');
  const exit = String(runner.exitCode ?? runner.signalCode ?? 'still runs');
  return { signal, afterMs, exit, endedMs, processes: processes.length, files: files.length };
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
