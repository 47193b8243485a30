/**
 * What flattening costs here, and what it costs with another checkout of this repository: what a change has made dearer.
 * Both flatten the same kickstarts in turns, in one run.
 *
 *   node bench/flatten/against.ts CHECKOUT [--rounds 7]
 *
 * Whole processes are `ksflatten`; in one process `flatten()` is warm. CPU time, medians.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { flatten } from '@phyllome/flattener';
import { cpuTime, measure } from './measure.ts';
import { LARGE, PACKAGES, makeTree, type Tree, writeTree } from './trees.ts';

const root = resolve(import.meta.dirname, '../..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '7' } },
});
const [other] = positionals;
if (other === undefined) throw new Error('usage: node bench/flatten/against.ts CHECKOUT [--rounds 7]');
const rounds = Number(values.rounds);
/** The part of a flattener that is compared. */
interface Flattener {
  flatten: typeof flatten;
}
const before: Flattener = await import(pathToFileURL(join(resolve(other), 'packages/flattener/src/index.ts')).href);
const bin = 'packages/flattener/bin/ksflatten.js';

const folder = mkdtempSync(join(tmpdir(), 'bench-flatten-'));
try {
  console.log('| CPU | there | here | ratio |\n| --- | --- | --- | --- |');
  row('`ksflatten leaves/ldhi.cfg`', ...inProcesses(root, 'leaves/ldhi.cfg'));
  const cases: readonly [string, Tree][] = [
    ['2,000 files, 200,000 lines', makeTree(LARGE)],
    ['20,000 packages', makeTree(PACKAGES)],
    ['8,000 lines that are wrong', new Map([['main.ks', wrong(8000)]])],
  ];
  for (const [at, [name, tree]] of cases.entries()) {
    const cwd = join(folder, String(at));
    writeTree(cwd, tree);
    if (!name.includes('wrong')) row(`\`ksflatten\`, ${name}`, ...inProcesses(cwd, 'main.ks'));
    row(`\`flatten()\`, ${name}`, ...inOneProcess(tree));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function row(name: string, there: number, here: number): void {
  console.log(`| ${name} | ${there.toFixed(1)} ms | ${here.toFixed(1)} ms | ${(here / there).toFixed(2)} |`);
}

function inProcesses(cwd: string, file: string): [number, number] {
  const cost = (checkout: string): number => {
    const args = ['-c', file, '-v', 'F44', '-o', '/dev/null'];
    return measure([process.execPath, join(checkout, bin), ...args], cwd, 3).cpuMs;
  };
  return inTurns(
    () => cost(resolve(other ?? '')),
    () => cost(root),
  );
}

/** What is wrong with a kickstart is an error that is thrown: it costs what it takes to find and to word it. */
function inOneProcess(tree: Tree): [number, number] {
  const cost = (flattener: Flattener): number =>
    cpuTime(() => {
      try {
        flattener.flatten('main.ks', { readFile: (path) => tree.get(path) });
      } catch {
        // As it should be.
      }
    });
  return inTurns(
    () => cost(before),
    () => cost({ flatten }),
  );
}

function inTurns(there: () => number, here: () => number): [number, number] {
  const pairs = Array.from({ length: rounds }, () => [there(), here()] as const);
  return [median(pairs.map(([ms]) => ms)), median(pairs.map(([, ms]) => ms))];
}

function wrong(lines: number): string {
  return `${Array.from({ length: lines }, (_, at) => `bogus${at} --foo`).join('\n')}\n`;
}

function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? NaN;
}
