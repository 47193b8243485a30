import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** What whole runs of a program cost: the medians of several. */
export interface Cost {
  wallMs: number;
  /** User and system time. */
  cpuMs: number;
  /** Peak resident memory. */
  peakMiB: number;
}

/**
 * Runs a program to its end, a few times after one run that does not count.
 *
 * CPU time and memory are GNU time's: Node does not report what its children used.
 */
export function measure(command: readonly string[], cwd: string, runs: number): Cost {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const report = join(folder, 'time');
  const run = (): Cost => {
    const start = performance.now();
    const args = ['-f', '%U %S %M', '-o', report, ...command];
    const { status, stderr, error } = spawnSync('/usr/bin/time', args, { cwd, encoding: 'utf8', maxBuffer: 1 << 28 });
    const wallMs = performance.now() - start;
    if (error !== undefined) throw new Error('GNU time is needed (Debian: apt install time)', { cause: error });
    if (status !== 0) throw new Error(`${command.join(' ')} ended with exit code ${status}\n${stderr.slice(-2000)}`);
    const [user = 0, system = 0, kibibytes = 0] = readFileSync(report, 'utf8').trim().split(' ').map(Number);
    return { wallMs, cpuMs: (user + system) * 1000, peakMiB: kibibytes / 1024 };
  };
  try {
    if (runs > 1) run();
    const all = Array.from({ length: runs }, run);
    const middle = (of: (cost: Cost) => number): number => median(all.map(of));
    return { wallMs: middle((c) => c.wallMs), cpuMs: middle((c) => c.cpuMs), peakMiB: middle((c) => c.peakMiB) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds of CPU time that a function takes, the best of several runs: other processes only add noise. */
export function cpuTime(run: () => void, runs = 4): number {
  let best = Infinity;
  for (let at = 0; at < runs; at += 1) {
    const start = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

/** A program on the PATH, but none of this project's own. */
export function peer(name: string, projectRoot: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.startsWith(projectRoot));
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
