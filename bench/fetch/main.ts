/**
 * How fast an ISO comes down from a container, hashed on the way and synced to disk, against `docker cp` of the same file,
 * which does neither, and against `docker cp` with what is needed for the same: sha256sum and sync.
 *
 *   pnpm bench:fetch [--gib 4] [--rounds 3]
 *
 * Takes root, dockerd and docker, and twice the file's size on disk. The daemon is one of its own.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { connectEngine, ensureImage } from '@phyllome/iso-builder';
import { startDockerDaemon } from '../../packages/iso-builder/test/integration/docker-daemon.ts';
import { puppetBuilder } from '../../packages/iso-builder/test/puppet/puppet.ts';

const run = promisify(execFile);
const { values } = parseArgs({
  options: { gib: { type: 'string', default: '4' }, rounds: { type: 'string', default: '3' } },
});

interface Took {
  seconds: number;
  /** Until all of it is hashed and written, the disk not waited for: what docker cp does, and more. */
  received?: number;
  cpuSeconds?: number;
  maxRssMiB?: number;
  sha256?: string;
}

await using resources = new AsyncDisposableStack();
const folder = await mkdtemp('/var/tmp/phyllome-bench-');
resources.defer(() => rm(folder, { recursive: true, force: true }));
const daemon = resources.use(await startDockerDaemon());
const engine = resources.use(await connectEngine({ env: { ...process.env, DOCKER_HOST: daemon.host } }));
const { id: Image } = await ensureImage(engine, await puppetBuilder(folder));
const container = await engine.docker.createContainer({
  Image,
  Entrypoint: [],
  Cmd: ['dd', 'if=/dev/urandom', 'of=/big.iso', 'bs=1M', `count=${Number(values.gib) * 1024}`],
});
resources.defer(() => container.remove({ force: true }));
await container.start();
await container.wait();

const target = join(folder, 'big.iso');
const env = { ...process.env, DOCKER_HOST: daemon.host };
const docker = ['docker', 'cp', `${container.id}:/big.iso`, target];

async function timed(work: () => Promise<unknown>): Promise<Took> {
  const started = performance.now();
  await work();
  return { seconds: (performance.now() - started) / 1000 };
}
const ways: Record<string, () => Promise<Took>> = {
  'this project': async () => {
    const { stdout } = await run(
      process.execPath,
      [join(import.meta.dirname, 'once.ts'), container.id, '/big.iso', target],
      { env },
    );
    const took: Took = JSON.parse(stdout);
    return took;
  },
  'docker cp': () => timed(() => run(docker[0] ?? '', docker.slice(1), { env })),
  'docker cp, sha256sum, sync': () =>
    timed(async () => {
      await run(docker[0] ?? '', docker.slice(1), { env });
      await run('sha256sum', [target]);
      await run('sync', [target]);
    }),
};

const best: Record<string, Took> = {};
for (let round = 0; round < Number(values.rounds); round += 1) {
  for (const [name, way] of Object.entries(ways)) {
    await rm(target, { force: true });
    await run('sync');
    const took = await way();
    console.error(`${name}: ${took.seconds.toFixed(1)} s (load ${(loadavg()[0] ?? 0).toFixed(1)})`);
    if (took.seconds < (best[name]?.seconds ?? Number.POSITIVE_INFINITY)) best[name] = took;
  }
}

const synced = best['this project'];
if (synced?.received !== undefined) best['this project, disk not waited for'] = { ...synced, seconds: synced.received };
const ours = best['this project, disk not waited for'];
console.log(`${values.gib} GiB on ${cpus().length} cores, the best of ${values.rounds} rounds\n`);
console.log('| way | seconds | MiB/s | throughput of this project, disk not waited for, against it |');
console.log('| --- | --- | --- | --- |');
for (const [name, { seconds }] of Object.entries(best)) {
  const ratio = ours === undefined ? 0 : seconds / ours.seconds;
  console.log(
    `| ${name} | ${seconds.toFixed(1)} | ${((Number(values.gib) * 1024) / seconds).toFixed(0)} | ${ratio.toFixed(2)} |`,
  );
}
console.log(
  `\nthis project: at most ${ours?.maxRssMiB?.toFixed(0)} MiB of memory (target: 200), ${ours?.cpuSeconds?.toFixed(1)} s of CPU`,
);
