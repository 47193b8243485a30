/**
 * Whether good images are accepted on a busy host, and what that costs: `node bench/vm/under-load.ts IMAGE…
 * [--boots 2] [--alone 2] [--load 8] [--firmware bios] [--log FILE]`.
 *
 * Judges every image as `phyllome test-vm` does, in turns with nothing beside it and beside as many busy processes as
 * `--load` says, all of them niced. `--alone` is how many of the boots have such a turn before them, by default all.
 * Prints how many were accepted and the ratio of the times. With a log the boots of several runs add up. Exits with 1
 * when a good image was not accepted, or the load made it slower than the bound.
 */
import { spawn } from 'node:child_process';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { acceptImage, openMedium } from '@phyllome/vm-tester';
import { parentDeathPrefix } from '@phyllome/host';
import { median, rowsOf } from './rows.ts';

const BOUND = 1.5;
const AUTOGROUPS = '/proc/sys/kernel/sched_autogroup_enabled';
const MOST_TRIES = 50;

const { positionals: images, values: flags } = parseArgs({
  allowPositionals: true,
  options: {
    boots: { type: 'string', default: '2' },
    alone: { type: 'string', default: 'Infinity' },
    load: { type: 'string', default: '8' },
    firmware: { type: 'string', default: 'bios' },
    log: { type: 'string' },
  },
});
const firmware = flags.firmware === 'uefi' ? 'uefi' : 'bios';
if (images.length === 0)
  throw new Error('usage: node bench/vm/under-load.ts IMAGE… [--boots 2] [--alone 2] [--load 8] [--log FILE]');

interface Row {
  image: string;
  firmware: string;
  busy: boolean;
  verdict: string;
  seconds: number;
  /** The host's, over the last minute, with whatever else it did. */
  load: number;
}

/**
 * Processes that do nothing but count, each with the lowest priority. Where the kernel groups processes by session
 * (sched(7), autogroup), a nice value counts only within its session: each is in one of its own, and that is niced, too.
 */
async function niced(count: number): Promise<Disposable> {
  const [command, ...args] = [...parentDeathPrefix(process.env), 'nice', '-n', '19', 'sh', '-c', 'while :; do :; done'];
  const running = Array.from({ length: count }, () => spawn(command, args, { stdio: 'ignore', detached: true }));
  const stop = () => running.forEach((one) => one.kill('SIGKILL'));
  try {
    for (const { pid } of running) await niceSession(pid ?? Number.NaN);
  } catch (error) {
    stop();
    throw error;
  }
  return { [Symbol.dispose]: stop };
}

/** Gives a session the lowest priority among all, and makes sure that it has it. */
async function niceSession(pid: number): Promise<void> {
  const path = `/proc/${pid}/autogroup`;
  if ((await readFile(AUTOGROUPS, 'utf8').catch(() => '0')).trim() !== '1') return;
  for (let tries = 1; ; tries++) {
    // A user who is not root may change one at a time, and then has to wait: EAGAIN.
    const refused = await writeFile(path, '19').catch((error: unknown) => error);
    const is = await readFile(path, 'utf8');
    if (is.trim().endsWith('nice 19')) return;
    if (tries === MOST_TRIES) throw new Error(`${path} is ${is.trim()}: ${String(refused)}`);
    await sleep(200);
  }
}

async function boot(image: string, busy: boolean): Promise<Row> {
  await using medium = await openMedium(image);
  using _ = await niced(busy ? Number(flags.load) : 0);
  const start = performance.now();
  const verdict = await acceptImage(medium.image, { firmware });
  const seconds = Math.round((performance.now() - start) / 100) / 10;
  const said = verdict.status === 'accepted' ? 'accepted' : `${verdict.status}: ${verdict.cause}`;
  return {
    image: basename(image),
    firmware,
    busy,
    verdict: said,
    seconds,
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}

const rows: Row[] = [];
for (let index = 0; index < Number(flags.boots); index++) {
  for (const image of images) {
    for (const busy of index < Number(flags.alone) ? [false, true] : [true]) {
      const row = await boot(image, busy);
      rows.push(row);
      if (flags.log !== undefined) await appendFile(flags.log, `${JSON.stringify(row)}\n`);
    }
  }
}
const all = await rowsOf(rows, flags.log);

let failed = false;
console.log(`| image | firmware | accepted | beside ${flags.load} niced | alone, s | beside them, s | ratio |`);
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (const name of new Set(all.map(({ image, firmware: by }) => `${image} | ${by}`))) {
  const of = all.filter((row) => `${row.image} | ${row.firmware}` === name);
  const accepted = (busy: boolean) => {
    const some = of.filter((row) => row.busy === busy);
    return `${some.filter(({ verdict }) => verdict === 'accepted').length} of ${some.length}`;
  };
  const [alone, beside] = [false, true].map((busy) =>
    median(of.filter((row) => row.busy === busy).map((row) => row.seconds)),
  );
  const ratio = (beside ?? Number.NaN) / (alone ?? Number.NaN);
  failed ||= of.some(({ verdict }) => verdict !== 'accepted') || ratio > BOUND;
  console.log(`| ${name} | ${accepted(false)} | ${accepted(true)} | ${alone} | ${beside} | ${ratio.toFixed(2)} |`);
}
for (const { image, verdict, load } of all)
  if (verdict !== 'accepted') console.log(`${image}, load ${load}: ${verdict}`);
process.exitCode = failed ? 1 : 0;
