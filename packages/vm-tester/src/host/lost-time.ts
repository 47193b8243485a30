import { readFileSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const SAMPLE_EVERY_MS = 250;
/** However starved a machine is, it gets on: a deadline is stretched to this many times its length at the most. */
const MAX_STRETCH = 20;
const CLOCK_TICKS_PER_MS = 0.1; // USER_HZ is 100 on every Linux

/** What one thread got of a CPU, in ms: its run time, and the time in which it could have run and had to wait. */
export interface ThreadTime {
  ranMs: number;
  deniedMs: number;
}

/**
 * The time of one machine's own: wall-clock time, less what QEMU was denied while it wanted to run. What counts is the
 * run delay of its own threads, which the kernel accounts for each (`/proc/PID/task/TID/schedstat`), and what a
 * hypervisor below us stole of the CPUs: not how many others run here, which may be niced or waiting. A guest that
 * sleeps is denied nothing, and loses nothing.
 */
export class OwnTime implements Disposable {
  readonly #timer: NodeJS.Timeout;
  readonly #start = performance.now();
  #sampledAt = this.#start;
  #lostMs = 0;
  #threads: ReadonlyMap<string, ThreadTime>;
  #stolenMs: number;
  readonly #look: () => Reading;

  /** @param pid of QEMU */
  constructor(pid: number, look: () => Reading = () => ({ threads: threadTimes(pid), stolenMs: readStolenMs() })) {
    this.#look = look;
    ({ threads: this.#threads, stolenMs: this.#stolenMs } = look());
    this.#timer = setInterval(() => this.sample(), SAMPLE_EVERY_MS);
    this.#timer.unref();
  }

  /** Of the wall-clock time since the machine began, in ms. */
  get lostMs(): number {
    return this.#lostMs;
  }

  /** Of all its time, the part that it lost: 0 is a machine alone, 0.5 one that took twice as long. */
  get lostShare(): number {
    const elapsedMs = this.#sampledAt - this.#start;
    return elapsedMs === 0 ? 0 : this.#lostMs / elapsedMs;
  }

  /** Takes in what happened since the last time. A timer calls it. */
  sample(now = performance.now()): void {
    const { threads, stolenMs } = this.#look();
    const elapsedMs = now - this.#sampledAt;
    this.#lostMs += lostMs({ elapsedMs, before: this.#threads, after: threads, stolenMs: stolenMs - this.#stolenMs });
    this.#sampledAt = now;
    this.#threads = threads;
    this.#stolenMs = stolenMs;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** A moment's counters. `stolenMs`: of each CPU, on average. */
export interface Reading {
  threads: ReadonlyMap<string, ThreadTime>;
  stolenMs: number;
}

/**
 * How much of an interval a machine lost: as much as the thread that was denied most, for the others wait for it sooner
 * or later.
 */
export function lostMs({
  elapsedMs,
  before,
  after,
  stolenMs: stolen,
}: {
  elapsedMs: number;
  before: ReadonlyMap<string, ThreadTime>;
  after: ReadonlyMap<string, ThreadTime>;
  stolenMs: number;
}): number {
  const denied = [...after].map(([id, { deniedMs }]) => deniedMs - (before.get(id)?.deniedMs ?? 0));
  const lost = Math.max(0, ...denied) + Math.max(0, stolen);
  return Math.min(Math.max(0, elapsedMs) * (1 - 1 / MAX_STRETCH), lost);
}

/** By thread number; none where the process has ended or the kernel keeps no account (CONFIG_SCHED_INFO). */
export function threadTimes(pid: number): Map<string, ThreadTime> {
  const times = new Map<string, ThreadTime>();
  for (const id of list(`/proc/${pid}/task`)) {
    const [ran = NaN, denied = NaN] = read(`/proc/${pid}/task/${id}/schedstat`).split(' ').map(Number);
    if (Number.isFinite(ran) && Number.isFinite(denied)) times.set(id, { ranMs: ran / 1e6, deniedMs: denied / 1e6 });
  }
  return times;
}

/** proc(5): the eighth number of `cpu` is what a hypervisor gave to others. */
function readStolenMs(): number {
  const [, line = ''] = /^cpu +(.*)$/m.exec(read('/proc/stat')) ?? [];
  const ticks = Number(line.split(' ')[7] ?? 0);
  return ticks / CLOCK_TICKS_PER_MS / availableParallelism();
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
