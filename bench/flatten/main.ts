/**
 * What flattening costs, against pykickstart's ksflatten where one is on the PATH. Prints the tables of the
 * flattener's README.
 *
 *   pnpm bench:flatten [--runs N] [--peer-runs N] [--readme packages/flattener/README.md]
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { flatten } from '@phyllome/flattener';
import { type Cost, cpuTime, measure, peer } from './measure.ts';
import { type Scaling, scalings } from './scaling.ts';
import { LARGE, PACKAGES, type Tree, countLines, makeTree, writeTree } from './trees.ts';

const root = join(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '11' }, 'peer-runs': { type: 'string' }, readme: { type: 'string' } },
});

interface Case {
  name: string;
  cwd: string;
  file: string;
  tree: Tree;
  /** Runs of the peer, which takes minutes for some. */
  peerRuns: number;
  runs: number;
}

/** What goes between the marks of a README. */
const report: string[] = [];
function print(line: string): void {
  report.push(line);
  console.log(line);
}

const runs = Number(values.runs);
const peerRuns = (usual: number): number => Number(values['peer-runs'] ?? usual);
const ours = join(root, 'packages/flattener/bin/ksflatten.js');
const theirs = peer('ksflatten', root);
const folder = mkdtempSync(join(tmpdir(), 'bench-flatten-'));
try {
  const cases = makeCases();
  print(`Node ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown CPU'}\n`);
  printProcesses(cases);
  printThroughput(cases);
  printScaling(scalings());
  if (values.readme !== undefined) updateReadme(values.readme);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function written(name: string, tree: Tree): string {
  writeTree(join(folder, name), tree);
  return join(folder, name);
}

function makeCases(): Case[] {
  const [large, packages] = [makeTree(LARGE), makeTree(PACKAGES)];
  const few = Math.min(runs, 5);
  return [
    {
      name: '`leaves/ldhi.cfg`',
      cwd: root,
      file: 'leaves/ldhi.cfg',
      tree: leaf('leaves/ldhi.cfg'),
      peerRuns: peerRuns(runs),
      runs,
    },
    {
      name: '2,000 files, 200,000 lines',
      cwd: written('large', large),
      file: 'main.ks',
      tree: large,
      peerRuns: peerRuns(3),
      runs: few,
    },
    {
      name: '20,000 packages',
      cwd: written('packages', packages),
      file: 'main.ks',
      tree: packages,
      peerRuns: peerRuns(1),
      runs: few,
    },
  ];
}

function readFile(name: string): string | undefined {
  try {
    return readFileSync(join(root, name), 'utf8');
  } catch {
    return undefined;
  }
}

function updateReadme(path: string): void {
  const marks = /(<!-- bench -->\n)[^]*(<!-- \/bench -->)/;
  const text = readFileSync(path, 'utf8');
  if (!marks.test(text)) throw new Error(`${path} has no <!-- bench --> … <!-- /bench -->`);
  writeFileSync(
    path,
    text.replace(marks, (_, start: string, end: string) => `${start}${report.join('\n')}\n${end}`),
  );
}

/** What flattening a leaf reads. */
function leaf(path: string): Tree {
  const tree = new Map<string, string>();
  for (const file of flatten(path, { readFile }).files) tree.set(file, readFile(file) ?? '');
  return tree;
}

function printProcesses(cases: readonly Case[]): void {
  print('| whole process | ours: wall, CPU, peak | ksflatten: wall, CPU, peak | wall | CPU | peak |');
  print('| --- | --- | --- | --- | --- | --- |');
  for (const { name, cwd, file, ...times } of cases) {
    const args = ['-c', file, '-v', 'F44', '-o', '/dev/null'];
    const mine = measure([ours, ...args], cwd, times.runs);
    const other = theirs === undefined ? undefined : measure([theirs, ...args], cwd, times.peerRuns);
    const columns =
      other === undefined
        ? ['not on the PATH', '', '', '']
        : [
            cost(other),
            `${(other.wallMs / mine.wallMs).toFixed(1)} × faster`,
            `${(other.cpuMs / mine.cpuMs).toFixed(1)} × less`,
            `${(mine.peakMiB / other.peakMiB).toFixed(1)} × theirs`,
          ];
    print(`| ${[name, cost(mine), ...columns].join(' | ')} |`);
  }
  print('');
}

function cost({ wallMs, cpuMs, peakMiB }: Cost): string {
  return `${seconds(wallMs)}, ${seconds(cpuMs)}, ${peakMiB.toFixed(0)} MiB`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

function printThroughput(cases: readonly Case[]): void {
  print('| `flatten()` in one process | lines | CPU | lines a second |');
  print('| --- | --- | --- | --- |');
  for (const { name, file, tree } of cases) {
    const ms = cpuTime(() => flatten(file, { readFile: (path) => tree.get(path) }));
    const lines = countLines(tree);
    const rate = Math.round(lines / ms) * 1000;
    print(`| ${name} | ${lines.toLocaleString('en')} | ${ms.toFixed(1)} ms | ${rate.toLocaleString('en')} |`);
  }
  print('');
}

function printScaling(all: readonly Scaling[]): void {
  print('| input that grows | size | CPU | 8 × the size | CPU | growth |');
  print('| --- | --- | --- | --- | --- | --- |');
  for (const { name, size, ms, largeMs } of all) {
    const growth = `${(largeMs / ms).toFixed(1)} ×`;
    print(
      `| ${name} | ${size.toLocaleString('en')} | ${ms.toFixed(1)} ms | ${(size * 8).toLocaleString('en')} | ${largeMs.toFixed(1)} ms | ${growth} |`,
    );
  }
}
