/**
 * What an ISO costs in the image store: to add it, to put it into dist/, and to find that nothing is to be done; with the
 * store on the file system of dist/, and on another one. Floors in the same run: `sha256sum` reads the file once, `cp`
 * copies it once. Each operation is a process of its own, so that its memory is its own.
 *
 *   pnpm bench:store [--gib 3] [--other /dev/shm]
 *
 * Takes the file's size three times on disk, and once on the other file system.
 */
import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Cost, costOf } from '../cost.ts';
import { writeLargeFile } from '../large-file.ts';

const { values } = parseArgs({
  options: { gib: { type: 'string', default: '3' }, other: { type: 'string', default: '/dev/shm' } },
});
const size = Number(values.gib) * 2 ** 30;

await using resources = new AsyncDisposableStack();
const folder = await mkdtemp('/var/tmp/phyllome-bench-');
resources.defer(() => rm(folder, { recursive: true, force: true }));
const other = await mkdtemp(join(values.other, 'phyllome-bench-'));
resources.defer(() => rm(other, { recursive: true, force: true }));
const { bavail, bsize } = await statfs(other);
if (bavail * bsize < size * 1.1) throw new Error(`${values.other} has no room for ${values.gib} GiB`);

const result = join(folder, 'result');
await mkdir(result);
const iso = join(result, 'big.iso');
const sha256 = await writeLargeFile(iso, size);

console.log(`${values.gib} GiB; load ${loadavg()[0]?.toFixed(1)}; store beside dist/, and on ${values.other}`);
const floors = {
  sha256sum: await costOf(['sha256sum', iso]),
  cp: await costOf(['cp', '--reflink=never', iso, join(folder, 'copy')]),
};
await rm(join(folder, 'copy'));
for (const [name, cost] of Object.entries(floors)) console.log(row(name, cost));
for (const [where, root] of [
  ['same file system', join(folder, 'store')],
  ['other file system', join(other, 'store')],
] as const) {
  console.log(where);
  const dist = join(folder, 'dist', where.slice(0, 5), 'big.iso');
  for (const operation of ['add', 'add again', 'link', 'no-op', 'no-op again']) {
    const verb = operation.split(' ')[0] ?? '';
    const cost = await costOf([process.execPath, join(import.meta.dirname, 'once.ts'), verb, root, iso, sha256, dist]);
    console.log(row(operation, cost));
  }
}

function row(name: string, { wall, cpu, rss, said }: Cost): string {
  const share = (cpu / floors.sha256sum.cpu).toFixed(2);
  return `  ${name.padEnd(12)} ${wall.toFixed(2).padStart(7)} s wall ${cpu.toFixed(2).padStart(6)} s CPU (${share} x sha256sum) ${rss.toFixed(0).padStart(5)} MiB  ${said}`;
}
