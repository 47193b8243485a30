/**
 * Aborts builds in every phase, in every way that happens, and looks for what is left: containers, loop devices, processes,
 * half-made results, locks. Then the next build of the same has to succeed.
 *
 *   pnpm bench:aborts [--rounds 1] [--engine docker|podman]
 *
 * One round is 50 aborts with docker (10 phases, 5 ways), 40 with podman, which has no daemon to stop. The builder is the
 * tests' puppet, so that a build takes seconds; the engine is real, and the daemon of docker one of this script's own.
 * Takes root. Exits with 1 when anything is left or a next build fails.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { connectEngine, ensureImage, phases } from '@phyllome/iso-builder';
import { startDockerDaemon } from '../../packages/iso-builder/test/integration/docker-daemon.ts';
import { puppetBuilder } from '../../packages/iso-builder/test/puppet/puppet.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '1' }, engine: { type: 'string', default: 'docker' } },
});
const puppet = resolve(import.meta.dirname, '../../packages/iso-builder/test/puppet/build.ts');
const exec = promisify(execFile);

await using resources = new AsyncDisposableStack();
const folder = await mkdtemp('/var/tmp/phyllome-aborts-');
resources.defer(() => rm(folder, { recursive: true, force: true }));
const daemon = values.engine === 'docker' ? resources.use(await startDockerDaemon()) : undefined;
const env = { ...process.env, DOCKER_HOST: daemon?.host ?? '', PHYLLOME_ENGINE: values.engine, PUPPET_FOLDER: folder };
{
  await using engine = await connectEngine({ env });
  await ensureImage(engine, await puppetBuilder(folder));
}

/** Names of the puppet's containers. */
async function containers(): Promise<string[]> {
  await using engine = await connectEngine({ env });
  const label = ['org.phyllome.session', 'org.phyllome.builder=puppet'];
  return (await engine.docker.listContainers({ all: true, filters: { label } })).map(({ Id }) => Id);
}

async function killContainer(): Promise<void> {
  await using engine = await connectEngine({ env });
  for (const id of await containers())
    await engine.docker
      .getContainer(id)
      .kill({ signal: 'SIGKILL' })
      .catch(() => undefined);
}

const ways = {
  SIGINT: async (build: ChildProcess) => void build.kill('SIGINT'),
  SIGTERM: async (build: ChildProcess) => void build.kill('SIGTERM'),
  SIGKILL: async (build: ChildProcess) => void build.kill('SIGKILL'),
  'container killed': killContainer,
  ...(daemon === undefined ? {} : { 'engine stopped': () => daemon.stop() }),
};

/** Everything of a build that should not be there any more. Found without asking what made it. */
async function leftovers(): Promise<string[]> {
  const files = (await readdir(folder)).filter((name) => name.startsWith('.'));
  const loops: string[] = [];
  for (const name of await readdir('/sys/block')) {
    const file = await readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(() => '');
    if (file.startsWith('/phyllome/') || file.startsWith(folder)) loops.push(name);
  }
  return [...(await containers()).map(() => 'container'), ...files, ...loops];
}

const start = (action: string): ChildProcess =>
  spawn(process.execPath, [puppet], { env: { ...env, PUPPET_ACTION: action }, stdio: ['ignore', 'pipe', 'ignore'] });

/** Waits until the build says that it is in the phase, or has ended. */
async function inPhase(build: ChildProcess, phase: string): Promise<void> {
  let said = '';
  for await (const chunk of build.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    said += String(chunk);
    if (said.split('\n').includes(phase)) break;
  }
  build.stdout?.resume();
}

async function ended(build: ChildProcess): Promise<string> {
  if (build.exitCode === null && build.signalCode === null) await once(build, 'exit');
  return build.signalCode ?? String(build.exitCode);
}

interface Row {
  phase: string;
  way: string;
  exit: string;
  seconds: number;
  leftByItself: string[];
  leftAfterNext: string[];
  next: string;
}

async function abort(phase: string, way: string, act: (build: ChildProcess) => Promise<void>): Promise<Row> {
  const build = start('walk');
  await inPhase(build, phase);
  const started = performance.now();
  await act(build);
  const exit = await ended(build);
  const seconds = (performance.now() - started) / 1000;
  if (way === 'engine stopped') await daemon?.start();
  // The engine may still be about to notice.
  await sleep(200);
  const leftByItself = await leftovers();
  const next = start('succeed');
  next.stdout?.resume();
  const nextExit = await ended(next);
  return { phase, way, exit, seconds, leftByItself, leftAfterNext: await leftovers(), next: nextExit };
}

const rows: Row[] = [];
for (let round = 0; round < Number(values.rounds); round += 1)
  for (const phase of phases)
    for (const [way, act] of Object.entries(ways)) {
      const row = await abort(phase, way, act);
      rows.push(row);
      console.error(
        `${phase}, ${way}: exit ${row.exit}, ${row.seconds.toFixed(1)} s, left ${row.leftByItself.join(' ') || 'nothing'}`,
      );
    }

/** A killed process cannot tidy up, nor can one whose engine is gone: the next build does. */
const mayLeave = new Set(['SIGKILL', 'engine stopped']);
const bad = rows.filter(
  ({ way, leftByItself, leftAfterNext, next }) =>
    next !== '0' || leftAfterNext.length > 0 || (leftByItself.length > 0 && !mayLeave.has(way)),
);
const { stdout: kernel } = await exec('uname', ['-r']);
console.log(`${rows.length} aborts with ${values.engine}, kernel ${kernel.trim()}\n`);
console.log(
  '| way | aborts | ended within, s | left something by itself | left after the next build | next build failed |',
);
console.log('| --- | --- | --- | --- | --- | --- |');
for (const way of Object.keys(ways)) {
  const of = rows.filter((row) => row.way === way);
  const slowest = Math.max(...of.map(({ seconds }) => seconds));
  const count = (what: (row: Row) => boolean): number => of.filter(what).length;
  console.log(
    `| ${way} | ${of.length} | ${slowest.toFixed(1)} | ${count((row) => row.leftByItself.length > 0)} | ${count((row) => row.leftAfterNext.length > 0)} | ${count((row) => row.next !== '0')} |`,
  );
}
for (const { phase, way, exit, leftByItself, leftAfterNext, next } of bad)
  console.log(
    `BAD: ${phase}, ${way}: exit ${exit}, left ${[...leftByItself, '/', ...leftAfterNext].join(' ')}, next ${next}`,
  );
process.exitCode = bad.length === 0 ? 0 : 1;
