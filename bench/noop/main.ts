/**
 * What `pnpm nx build iso-dhi` costs when nothing is to be done, against the floor: the same Nx in an empty workspace, one
 * cached task. With Nx's daemon and without, with the editions there are and with a thousand leaves more. CPU time of the
 * command and of all that it started, and of the daemon, which Nx starts for the workspace.
 *
 * Without its daemon Nx starts a process for each plugin, unless NX_ISOLATE_PLUGINS says no, as our .env does. The floor is
 * measured both ways: as Nx comes, and as we set it.
 *
 *   pnpm bench:noop [--runs 7] [--leaves 1000] [--engine docker|podman|host]
 *
 * The one build before is a real rehearsal in a container, which takes minutes. `--engine host` makes it on this machine, by
 * a livemedia-creator that only plays: takes root, and costs more at each run, as the machine's system is an input then.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpuTimeMs } from '@phyllome/host';
import { execa } from 'execa';
import { checkout } from '../../packages/cli/test/checkout.ts';
import { puppetHost } from '../../packages/cli/test/puppet-host.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '7' },
    leaves: { type: 'string', default: '1000' },
    engine: { type: 'string', default: 'docker' },
  },
});
const runs = Number(values.runs);
const more = Number(values.leaves);

interface Sample {
  command: number;
  daemon: number;
}
const sum = ({ command, daemon }: Sample): number => command + daemon;

interface Place {
  name: string;
  root: string;
  project: string;
  env: Record<string, string>;
}

await using resources = new AsyncDisposableStack();
const engine: Record<string, string> =
  values.engine === 'host' ? resources.use(await puppetHost()).env : { PHYLLOME_ENGINE: values.engine };
const ours = resources.use(await checkout(engine));
const empty = resources.use(await emptyWorkspace(ours.root));

const own: Place = { name: 'nx build iso-dhi', root: ours.root, project: 'iso-dhi', env: ours.env };
const floor: Place = { name: 'empty workspace', root: empty.path, project: 'floor', env: {} };
const oneProcess: Place = { ...floor, name: 'the same, in one process', env: { NX_ISOLATE_PLUGINS: 'false' } };
console.log('the one build');
await build(own, { ...own.env, NX_DAEMON: 'false' });
console.log(`load ${loadavg()[0]?.toFixed(1)}; median of ${runs} runs, CPU s: command + daemon`);
await compare(`${await countProjects()} projects`);
await Promise.all(
  Array.from({ length: more }, (_, at) =>
    writeFile(join(ours.root, `leaves/dhi-n${at}.cfg`), '%include dhi.cfg\n', { flag: 'wx' }),
  ),
);
await compare(`${await countProjects()} projects`);

async function compare(title: string): Promise<void> {
  console.log(title);
  for (const daemon of ['true', 'false']) {
    const floors: number[] = [];
    for (const place of daemon === 'true' ? [floor, own] : [floor, oneProcess, own]) {
      const env = { ...place.env, NX_DAEMON: daemon };
      // To fill the caches, and to have a daemon that has read everything.
      for (let run = 0; run < 3; run += 1) await build(place, env);
      const samples: Sample[] = [];
      for (let run = 0; run < runs; run += 1) {
        const before = await daemonCpu(place);
        const command = await build(place, env);
        samples.push({ command, daemon: (await daemonCpu(place)) - before });
      }
      const median = samples.toSorted((a, b) => sum(a) - sum(b))[runs >> 1]!;
      const ratios = place === own ? floors.map((one) => `${(sum(median) / one).toFixed(2)} x`).join(', ') : '';
      if (place !== own) floors.push(sum(median));
      console.log(
        `  daemon ${daemon === 'true' ? 'on ' : 'off'}  ${place.name.padEnd(24)} ` +
          `${median.command.toFixed(2)} + ${median.daemon.toFixed(2)}   ${ratios}`,
      );
      await execa('node_modules/.bin/nx', ['daemon', '--stop'], {
        cwd: place.root,
        env,
        reject: false,
        stdin: 'ignore',
      });
    }
  }
}

/**
 * The user's command line, and the CPU time of it and all that it started, in seconds. Also of what it did not wait for:
 * Nx leaves the processes of its plugins to end by themselves. Nx's daemon is never waited for.
 */
async function build({ root, project }: Place, env: Record<string, string>): Promise<number> {
  const script = `
import ctypes, os, resource, subprocess, sys
if os.environ['NX_DAEMON'] == 'false': ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) # PR_SET_CHILD_SUBREAPER
p = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
try:
  while os.environ['NX_DAEMON'] == 'false': os.wait()
except ChildProcessError: pass
u = resource.getrusage(resource.RUSAGE_CHILDREN)
print(u.ru_utime + u.ru_stime, p.returncode)
print(p.stdout.decode())`;
  const { stdout } = await execa('python3', ['-c', script, 'pnpm', 'nx', 'build', project], { cwd: root, env });
  const [cpu = '', code] = stdout.split('\n', 1)[0]!.split(' ');
  if (code !== '0') throw new Error(stdout);
  return Number(cpu);
}

/** CPU time of the workspace's daemon so far, in seconds; 0 when it has none. */
async function daemonCpu({ root }: Place): Promise<number> {
  const text = await readFile(join(root, '.nx/workspace-data/d/server-process.json'), 'utf8').catch(() => '{}');
  const { processId }: { processId?: number } = JSON.parse(text);
  return ((processId === undefined ? undefined : cpuTimeMs(processId)) ?? 0) / 1000;
}

async function countProjects(): Promise<number> {
  const { stdout } = await execa('node_modules/.bin/nx', ['show', 'projects', '--json'], {
    cwd: ours.root,
    env: { NX_DAEMON: 'false' },
  });
  const projects: string[] = JSON.parse(stdout);
  return projects.length;
}

/** A workspace of the same Nx, on the same Node, with one project and one cached task. */
async function emptyWorkspace(of: string): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'phyllome-empty-'));
  await mkdir(join(path, 'floor'));
  const { packageManager, optionalDependencies } = JSON.parse(await readFile(join(of, 'package.json'), 'utf8'));
  const files = {
    'package.json': {
      name: 'empty',
      private: true,
      scripts: { nx: 'nx' },
      devDependencies: { nx: 'catalog:' },
      optionalDependencies,
      packageManager,
    },
    'nx.json': {
      analytics: false,
      neverConnectToCloud: true,
      pluginsConfig: { '@nx/js': { analyzeSourceFiles: false } },
    },
    'floor/project.json': {
      name: 'floor',
      targets: { build: { command: 'true', cache: true, inputs: ['{projectRoot}/**/*'], outputs: [] } },
    },
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), JSON.stringify(content));
  await writeFile(join(path, 'pnpm-workspace.yaml'), await readFile(join(of, 'pnpm-workspace.yaml')));
  await execa('pnpm', ['install', '--prefer-offline'], { cwd: path, stdin: 'ignore' });
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
