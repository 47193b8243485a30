/**
 * What a rehearsal of edition l costs, and what Debian's own live-build costs for the same packages, with the same
 * compression, in a container of the same engine.
 *
 *   pnpm bench:rehearsal [--without-peer]
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { connectCheckout, withPackage, withPost } from './checkout.ts';
import { type Cost, liveBuild } from './live-build.ts';

const root = resolve(import.meta.dirname, '../..');
const { values } = parseArgs({ options: { 'without-peer': { type: 'boolean', default: false } } });

const plain = readFileSync(join(root, 'flat/flat-l.cfg'), 'utf8');

interface Row extends Cost {
  name: string;
  load: number;
}
const rows: Row[] = [];

function note(name: string, { wallSeconds, cpuSeconds }: Cost): Row {
  const row = { name, wallSeconds, cpuSeconds, load: loadavg()[0] ?? 0 };
  rows.push(row);
  console.error(`${name}: ${wallSeconds.toFixed(1)} s, CPU ${cpuSeconds.toFixed(1)} s`);
  return row;
}

const ratio = (value: number, of: number): string => (value / of).toFixed(2);

const folder = await mkdtemp(join(tmpdir(), 'bench-rehearsal-'));
try {
  await using checkout = await connectCheckout(root);
  const { engine } = checkout;
  const cold = await checkout.rehearse(folder, plain);
  const packages = cold.report.packages.map(({ name }) => name);
  note('ours, nothing kept', cold);
  // As live-build below: its packages are downloaded, everything else is made.
  const full = note(
    'ours, a package added: packages kept, all installed again',
    await checkout.rehearse(folder, withPackage(plain, 'tree')),
  );
  note('ours, the same again', await checkout.rehearse(folder, plain));
  const edit = note('ours, after a %post edit', await checkout.rehearse(folder, withPost(plain, 'edited')));

  // What was measured is printed in any case.
  const peer = values['without-peer']
    ? undefined
    : await liveBuild(engine, packages, (name, cost) => void note(name, cost)).catch((error: unknown) => {
        console.error(error);
        process.exitCode = 1;
        return undefined;
      });
  const compared = peer ?? full;
  const load = rows.map((row) => row.load.toFixed(0)).join(', ');
  console.log(
    [
      `Edition l, ${packages.length} packages, draft profile (zstd 3); ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown CPU'}, ${engine.kind} ${engine.version}, load ${load}.`,
      '',
      `| | wall s | CPU s | wall, of ${compared.name} | CPU, of that |`,
      '| --- | --- | --- | --- | --- |',
      ...rows.map(
        ({ name, wallSeconds, cpuSeconds }) =>
          `| ${name} | ${wallSeconds.toFixed(0)} | ${cpuSeconds.toFixed(0)} | ${ratio(wallSeconds, compared.wallSeconds)} | ${ratio(cpuSeconds, compared.cpuSeconds)} |`,
      ),
      '',
      `After a %post edit: ${ratio(edit.wallSeconds, full.wallSeconds)} of a full build's wall time, ${ratio(edit.cpuSeconds, full.cpuSeconds)} of its CPU time.`,
    ].join('\n'),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
