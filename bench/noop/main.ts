/**
 * What `pnpm nx build iso-dhi` costs when nothing is to be done, against the floor: the same Nx in an empty workspace, one
 * cached task. With Nx's daemon and without, with the editions there are and with a thousand leaves more. CPU time of the
 * command and all its children, and of the daemon, which Nx starts for the workspace.
 *
 *   sudo pnpm bench:noop [--runs 7] [--leaves 1000]
 *
 * Takes root: the one build before is made on this machine, by a livemedia-creator that only plays.
 */
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpuTimeMs } from '@phyllome/host';
import { execa } from 'execa';
import { checkout } from '../../packages/cli/test/checkout.ts';
import { puppetHost } from '../../packages/cli/test/puppet-host.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '7' }, leaves: { type: 'string', default: '1000' } },
});
const runs = Number(values.runs);
const more = Number(values.leaves);

interface Place {
  root: string;
  project: string;
  env: Record<string, string>;
}

await using host = await puppetHost();
await using ours = await checkout(host.env);
await using empty = await emptyWorkspace(ours.root);

console.log(`load ${loadavg()[0]?.toFixed(1)}; median of ${runs} runs, CPU s: command + daemon`);
const own: Place = { root: ours.root, project: 'iso-dhi', env: ours.env };
const floor: Place = { root: empty.path, project: 'floor', env: {} };
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
    const costs: number[] = [];
    for (const place of [floor, own]) {
      const env = { ...place.env, NX_DAEMON: daemon };
      // To fill the caches, and to have a daemon that has read everything.
      for (let run = 0; run < 3; run += 1) await build(place, env);
      const samples: { command: number; daemon: number; said: string }[] = [];
      for (let run = 0; run < runs; run += 1) {
        const before = await daemonCpu(place);
        const { cpu, said } = await build(place, env);
        samples.push({ command: cpu, daemon: (await daemonCpu(place)) - before, said });
      }
      const { command, daemon: beside } = samples.toSorted((a, b) => a.command + a.daemon - b.command - b.daemon)[
        runs >> 1
      ]!;
      costs.push(command + beside);
      const name = place === own ? 'nx build iso-dhi' : 'empty workspace';
      console.log(
        `  daemon ${daemon === 'true' ? 'on ' : 'off'}  ${name.padEnd(16)} ${command.toFixed(2)} + ${beside.toFixed(2)}` +
          (place === own ? `   ${(costs[1]! / costs[0]!).toFixed(2)} x` : ''),
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

/** The user's command line, and the CPU time of it and all it started and waited for, in seconds. */
async function build({ root, project }: Place, env: Record<string, string>): Promise<{ cpu: number; said: string }> {
  const script =
    'import resource,subprocess,sys\n' +
    'p=subprocess.run(sys.argv[1:],stdin=subprocess.DEVNULL,stdout=subprocess.PIPE,stderr=subprocess.STDOUT)\n' +
    'u=resource.getrusage(resource.RUSAGE_CHILDREN)\n' +
    'print(u.ru_utime+u.ru_stime,p.returncode)\nprint(p.stdout.decode())';
  const { stdout } = await execa('python3', ['-c', script, 'pnpm', 'nx', 'build', project], { cwd: root, env });
  const [cpu = '', code] = stdout.split('\n', 1)[0]!.split(' ');
  if (code !== '0') throw new Error(stdout);
  return { cpu: Number(cpu), said: stdout };
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

/** A workspace of the same Nx with one project and one cached task. */
async function emptyWorkspace(of: string): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'phyllome-empty-'));
  await mkdir(join(path, 'floor'));
  const files = {
    'package.json': { name: 'empty', private: true, devDependencies: { nx: '*' } },
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
  await symlink(join(of, 'node_modules'), join(path, 'node_modules'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
