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
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type * as IsoBuilder from '@phyllome/iso-builder';
import type * as Rehearsal from '@phyllome/rehearsal';
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
const withPackage = (name: string): string => plain.replace('%packages --exclude-weakdeps\n', `$&${name}\n`);
const withPost = (what: string): string => `${plain}\n%post --erroronfail\necho ${what} >/etc/motd\n%end\n`;

/** A checkout's own code, builder and cache. The exports used have been the same since the rehearsal exists. */
async function connect(checkout: string) {
  const load = (name: string): Promise<unknown> =>
    import(pathToFileURL(join(checkout, 'packages', name, 'src/index.ts')).href);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- another checkout's module has no types here
  const { buildIso, connectEngine, ensureImage } = (await load('iso-builder')) as typeof IsoBuilder;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
  const { rehearsalBuilder } = (await load('rehearsal')) as typeof Rehearsal;
  const volume = `phyllome-bench-${crypto.randomUUID().slice(0, 8)}`;
  const builder = {
    ...rehearsalBuilder(join(checkout, 'containers')),
    caches: [{ name: volume, path: '/var/cache/phyllome' }],
  };
  const engine = await connectEngine({ env: process.env });
  await ensureImage(engine, builder);
  return {
    async rehearse(folder: string, kickstart: string): Promise<Cost> {
      const [startMs, cpu] = [performance.now(), process.cpuUsage()];
      await using running = buildIso({
        engine,
        builder,
        kickstart,
        destination: join(folder, 'dist'),
        isoName: 'bench.iso',
        volid: 'Phyllome-bench',
        project: 'Phyllome OS',
        releasever: '44',
        profile: 'draft',
        sourceDateEpoch: 1_760_000_000,
      });
      await running.result;
      const report: Rehearsal.RehearsalReport = JSON.parse(
        readFileSync(join(folder, 'dist/logs/rehearsal.json'), 'utf8'),
      );
      const { user, system } = process.cpuUsage(cpu);
      return {
        wallSeconds: (performance.now() - startMs) / 1000,
        cpuSeconds: report.cpuSeconds + (user + system) / 1_000_000,
      };
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await engine.docker.getVolume(volume).remove();
      await engine[Symbol.asyncDispose]();
    },
  };
}

/** Of an odd number of figures the middle one, of an even number the lower of the two. */
const median = (figures: readonly number[]): number =>
  figures.toSorted((a, b) => a - b)[Math.floor((figures.length - 1) / 2)] ?? NaN;

const folder = await mkdtemp(join(tmpdir(), 'bench-rehearsal-'));
try {
  await using here = await connect(root);
  await using there = await connect(resolve(other));
  const builds = new Map<string, (round: number) => string>([
    [
      'packages kept, all installed again',
      (round) => withPackage(['tree', 'bc', 'patch', 'file', 'less'][round % 5] ?? 'tree'),
    ],
    ['after a %post edit', (round) => withPost(`edited ${round}`)],
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
