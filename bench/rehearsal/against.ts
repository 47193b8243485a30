/**
 * What a rehearsal of edition l costs here, and what it costs with another checkout of this repository: what a change has
 * made dearer. Both build the same kickstart in turns, in one run, each with its own builder and its own cache.
 *
 *   node bench/rehearsal/against.ts CHECKOUT [--rounds 3]
 *
 * The builds that count download nothing: the first of each fills its cache.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { connectCheckout, withPackage, withPost } from './checkout.ts';
import type { Cost } from './live-build.ts';

const root = resolve(import.meta.dirname, '../..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' } },
});
const [other] = positionals;
if (other === undefined) throw new Error('usage: node bench/rehearsal/against.ts CHECKOUT [--rounds 3]');

/** The other's, as an older checkout need not know what our leaves ask for. */
const plain = readFileSync(join(resolve(other), 'flat/flat-l.cfg'), 'utf8');
/** Of an odd number of figures the middle one, of an even number the lower of the two. */
const median = (figures: readonly number[]): number =>
  figures.toSorted((a, b) => a - b)[Math.floor((figures.length - 1) / 2)] ?? NaN;

const folder = await mkdtemp(join(tmpdir(), 'bench-rehearsal-'));
try {
  await using here = await connectCheckout(root);
  await using there = await connectCheckout(resolve(other));
  const builds = new Map<string, (round: number) => string>([
    [
      'packages kept, all installed again',
      (round) => withPackage(plain, ['tree', 'bc', 'patch', 'file', 'less'][round % 5] ?? 'tree'),
    ],
    ['after a %post edit', (round) => withPost(plain, `edited ${round}`)],
  ]);
  for (const [name, checkout] of [
    ['here', here],
    ['there', there],
  ] as const) {
    const { wallSeconds, cpuSeconds } = await checkout.rehearse(folder, plain);
    console.error(`first, ${name}: ${wallSeconds.toFixed(1)} s, CPU ${cpuSeconds.toFixed(1)} s`);
  }
  console.log('| | CPU s here | CPU s there | CPU, here of there | wall, here of there | load |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const [name, kickstart] of builds) {
    const [ours, theirs]: [Cost[], Cost[]] = [[], []];
    for (let round = 0; round < Number(values.rounds); round += 1) {
      // The first of a pair warms the page cache for the second, so they take turns.
      const pair = [
        () => here.rehearse(folder, kickstart(round)).then((cost) => ours.push(cost)),
        () => there.rehearse(folder, kickstart(round)).then((cost) => theirs.push(cost)),
      ];
      for (const build of round % 2 === 0 ? pair : pair.toReversed()) await build();
    }
    const of = (costs: Cost[], key: keyof Cost): number => median(costs.map((cost) => cost[key]));
    const [cpu, theirCpu] = [of(ours, 'cpuSeconds'), of(theirs, 'cpuSeconds')];
    const wall = of(ours, 'wallSeconds') / of(theirs, 'wallSeconds');
    console.log(
      `| ${name} | ${cpu.toFixed(1)} | ${theirCpu.toFixed(1)} | ${(cpu / theirCpu).toFixed(2)} | ${wall.toFixed(2)} | ${(loadavg()[0] ?? 0).toFixed(0)} |`,
    );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
