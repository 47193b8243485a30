/**
 * Builds with every hostile leaf, on every engine, and looks after each what became of the machine and of the cache:
 *
 *   pnpm bench:hostile [--engine docker|podman|podman-userns|podman-rootless]… [--leaf NAME]…
 *
 * Each leaf has a build of its own. Nothing may be reached, the kernel's settings, mounts and control groups of this machine
 * are as before, every file of the cache has the bytes it had, and the build ends as the leaf says. In the end a build
 * without a leaf makes the same ISO as in the beginning. Takes root for rootless Podman, which an ordinary user runs, made
 * for that. Exits with 1 when anything is otherwise.
 */
import { parseArgs } from 'node:util';
import {
  type HostileLeaf,
  hostileLeaves,
  hostState,
  saysClearly,
} from '../../packages/rehearsal/test/hostile/hostile.ts';
import { type Outcome, outcomeSchema } from './outcome.ts';
import { ownPlace, type Place, rootlessPlace, userNamespacePlace } from './places.ts';

const openers = {
  docker: () => ownPlace('docker'),
  podman: () => ownPlace('podman'),
  'podman-userns': userNamespacePlace,
  'podman-rootless': rootlessPlace,
} as const;
const { values } = parseArgs({
  options: { engine: { type: 'string', multiple: true }, leaf: { type: 'string', multiple: true } },
});
const engines = Object.entries(openers).filter(([name]) => values.engine?.includes(name) ?? true);
const leaves = hostileLeaves.filter(({ name }) => values.leaf?.includes(name) ?? true);
if (engines.length === 0 || leaves.length === 0) throw new Error('there is no such engine or leaf');

/** What cannot be tried where the engine has no control groups to limit it by: the machine would be what is tried. */
const needs: Partial<Record<string, keyof Outcome['limits']>> = { 'fork-bomb': 'processes', memory: 'memory' };

const columns: { name: string; cells: Map<string, string> }[] = [];
for (const [, open] of engines) {
  await using place = await open();
  columns.push({ name: place.name, cells: await column(place) });
}
const names = [...leaves.map(({ name }) => name), 'the same ISO as before'];
console.log(`| leaf | ${columns.map(({ name }) => name).join(' | ')} |`);
console.log(`| --- |${columns.map(() => ' --- |').join('')}`);
for (const name of names) console.log(`| ${name} | ${columns.map(({ cells }) => cells.get(name)).join(' | ')} |`);
const all = columns.flatMap(({ cells }) => [...cells.values()]);
if (all.some((cell) => /^[A-Z]/u.test(cell))) process.exitCode = 1;

async function column(place: Place): Promise<Map<string, string>> {
  const volume = `phyllome-hostile-${crypto.randomUUID().slice(0, 8)}`;
  const run = async (name: string): Promise<string> =>
    await place.node(['bench/hostile/once.ts', volume, place.folder, name]);
  const build = async (name: string): Promise<Outcome> => outcomeSchema.parse(JSON.parse(await run(name)));
  await using resources = new AsyncDisposableStack();
  resources.defer(async () => void (await run('remove')));
  const cells = new Map<string, string>();
  const clean = await build('clean');
  let { cache } = clean;
  for (const leaf of leaves) {
    const needed = needs[leaf.name];
    if (needed !== undefined && !clean.limits[needed]) {
      cells.set(leaf.name, `not run: the engine cannot limit ${needed} here`);
      continue;
    }
    const before = await hostState();
    const outcome = await build(leaf.name);
    const after = await hostState();
    const changed = Object.keys({ ...before, ...after }).filter((key) => before[key] !== after[key]);
    const cell = judge(leaf, outcome, { changed, lost: cache.filter((line) => !outcome.cache.includes(line)) });
    cells.set(leaf.name, cell);
    cache = outcome.cache;
    console.error(`${place.name}: ${leaf.name}: ${cell}`);
  }
  const { sha256 } = await build('clean');
  cells.set('the same ISO as before', sha256 === clean.sha256 && sha256 !== undefined ? 'yes' : 'NO');
  return cells;
}

/** What is right is in small letters. */
function judge(leaf: HostileLeaf, outcome: Outcome, { changed, lost }: { changed: string[]; lost: string[] }): string {
  const { refusal, seconds, said } = outcome;
  const reached = said.filter((line) => line.startsWith('reached: '));
  if (reached.length > 0) return `REACHED ${reached.join(', ').slice(0, 200)}`;
  if (changed.length > 0) return `CHANGED ${changed.join(', ').slice(0, 200)}`;
  if (lost.length > 0) return `CACHE ${lost.join(', ').slice(0, 200)}`;
  const took = `${seconds.toFixed(0)} s`;
  if (leaf.refusal === undefined) {
    if (refusal !== undefined) return `REFUSED ${refusal.message.slice(0, 300)}`;
    return said.includes(`tried: ${leaf.name}`) ? `built, ${took}` : 'NOT TRIED';
  }
  if (refusal === undefined) return 'BUILT';
  const where = refusal.kickstartLine === undefined ? '' : `, at line ${refusal.kickstartLine}`;
  const message = `${refusal.message.slice(0, 200)}${where}`;
  return saysClearly(leaf, refusal) ? `refused, ${took}: ${message}` : `UNCLEAR ${message}`;
}
