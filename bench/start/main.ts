/**
 * What it costs to start: the CPU time (user and system, of whole processes) of short commands, as a multiple of what an
 * empty Node program takes in the same run:
 *
 *     pnpm bench:start [--rounds N] [--runs N]
 *
 * `cold` is a first start, when Node has not yet kept what it makes of the sources: its compile cache is a directory of
 * its own then, which is removed before each start. Ends with exit code 1 where a ratio is above its limit.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measure } from '../flatten/measure.ts';

interface Start {
  name: string;
  args: readonly string[];
  /** Times the floor that it may take. */
  limit?: number;
  /** Without a compile cache that is filled. */
  cold?: boolean;
}

const root = resolve(import.meta.dirname, '../..');
const phyllome = join(root, 'packages/cli/bin/phyllome.js');
const ksflatten = join(root, 'packages/flattener/bin/ksflatten.js');

const starts: readonly Start[] = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: 'phyllome --version', args: [phyllome, '--version'], limit: 1.5 },
  { name: 'phyllome flatten ldhi', args: [phyllome, 'flatten', 'ldhi'], limit: 3 },
  { name: 'phyllome --help', args: [phyllome, '--help'] },
  { name: 'ksflatten -c leaves/ldhi.cfg', args: [ksflatten, '-c', 'leaves/ldhi.cfg'] },
  { name: 'phyllome flatten ldhi, cold', args: [phyllome, 'flatten', 'ldhi'], cold: true },
];

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, runs: { type: 'string', default: '8' } },
});
const [rounds, runs] = [Number(values.rounds), Number(values.runs)];

// One after the other in each round, so that what else this machine does falls on all of them.
const costs = starts.map((): number[] => []);
for (let round = 0; round < rounds; round += 1)
  for (const [at, start] of starts.entries()) costs[at]?.push(cpuMsOf(start));

const [floor = NaN] = costs.map(median);
console.log(`${rounds} rounds of ${runs} runs, medians; Node ${process.version}\n`);
console.log('| start | CPU ms | x node -e 0 | limit |\n|---|---|---|---|');
for (const [at, { name, limit }] of starts.entries()) {
  const ms = median(costs[at] ?? []);
  console.log(`| ${name} | ${ms.toFixed(1)} | ${(ms / floor).toFixed(2)} | ${limit ?? ''} |`);
  if (limit !== undefined && ms / floor > limit) process.exitCode = 1;
}

/** Of one start, in milliseconds: GNU time reports hundredths of a second, so several are measured in one. */
function cpuMsOf({ args, cold = false }: Start): number {
  const cache = cold ? mkdtempSync(join(tmpdir(), 'bench-start-')) : undefined;
  try {
    const clear = cache === undefined ? ':' : `rm -rf ${cache}; export NODE_COMPILE_CACHE=${cache}`;
    const loop = `for _ in $(seq ${runs}); do ${clear}; "$@" >/dev/null || exit 1; done`;
    return measure(['sh', '-c', loop, 'sh', process.execPath, ...args], root, 1).cpuMs / runs;
  } finally {
    if (cache !== undefined) rmSync(cache, { recursive: true, force: true });
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}
