/**
 * Three ways to an installed system, one after the other on this machine: ours, Debian's own installer with a preseed, and
 * mmdebstrap into a disk image. Each from its start until the disk was booted and accepted by the same judge.
 *
 *     pnpm bench:installer-peers [--edition n] [--rounds 1] [--only ours,preseed,mmdebstrap]
 *
 * Ours is the rehearsal's installer medium of an edition, which has to be there (`pnpm nx installer install-n`), in the
 * machine that `phyllome deploy` makes. Debian's installer runs in the same machine. Both peers install the packages that
 * are on our medium from a mirror on this machine's loopback, which is filled before anything is timed. It takes root, and
 * mmdebstrap, mtools and dosfstools. The consoles of all are kept in `dist/installer-peers/`.
 */
import { readFileSync } from 'node:fs';
import { mkdir, mkdtempDisposable, rm } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { install } from '@phyllome/deploy';
import { cacheDirectory } from '@phyllome/host';
import { probeHost, startMachine } from '@phyllome/vm-tester';
import { mediumOf } from './medium.ts';
import { fillMirror, type Netboot } from './peers/archive.ts';
import { installByBootstrap } from './peers/bootstrap.ts';
import { installByDebian } from './peers/debian-installer.ts';
import { startMirror } from './peers/mirror.ts';

const ways = ['ours', 'preseed', 'mmdebstrap'] as const;
type Way = (typeof ways)[number];

/** How long each may take; on a busy machine without KVM Debian's installer takes more than an hour. */
const LIMIT_MS: Readonly<Record<Way, number>> = { ours: 45 * 60_000, preseed: 150 * 60_000, mmdebstrap: 45 * 60_000 };
const size = { diskSizeGiB: 10, memoryMiB: 3072, vcpus: 2 } as const;
/** `rehearsal.json` of a medium. */
interface Report {
  packages: { name: string }[];
}

const { values } = parseArgs({
  options: {
    edition: { type: 'string', default: 'n' },
    rounds: { type: 'string', default: '1' },
    only: { type: 'string', default: ways.join(',') },
  },
});
const root = join(import.meta.dirname, '../..');
const leaf = values.edition;
const wanted = ways.filter((way) => values.only.split(',').includes(way));
const iso = mediumOf(root, leaf);
const report: Report = JSON.parse(readFileSync(join(dirname(iso), 'logs/rehearsal.json'), 'utf8'));
// The kernel's name has its version, which the release alone may not have: the metapackage beside it brings one.
const packages = report.packages.map(({ name }) => name).filter((name) => !/^linux-image-\d/u.test(name));

/** Whatever runs is ended, and its files go. */
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupted.abort(new Error(name)));

/** Seconds of all processors so far, of this process and of everything that it has waited for (proc_pid_stat(5)). */
function cpuSeconds(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return ticks / 100;
}

interface Figure {
  way: Way;
  installed: number;
  wall: number;
  cpu: number;
  load: number;
}

const logs = join(root, 'dist/installer-peers');
await rm(logs, { recursive: true, force: true });
await mkdir(logs, { recursive: true });
const host = await probeHost();
// Disks and a system's files: /tmp is memory on many machines, and Nx reads what is in the workspace.
const kept = join(cacheDirectory(process.env), 'installer-peers');
await mkdir(kept, { recursive: true });
await using folder = await mkdtempDisposable(join(kept, 'work-'));
const at = (name: string): string => join(folder.path, name);
await using mirror = await startMirror(kept, at('indexes'), interrupted.signal);
/** The disk is there when it has ended. */
async function installBy(way: Way, disk: string, installer: Netboot | undefined, signal: AbortSignal): Promise<void> {
  if (way === 'ours')
    return await install({
      ...size,
      kickstart: { name: `flat-${leaf}.cfg`, text: readFileSync(join(root, 'flat', `flat-${leaf}.cfg`), 'utf8') },
      source: { kind: 'iso', path: iso, sha256: undefined },
      disk,
      replace: true,
      firmware: 'uefi',
      logsDir: join(logs, way),
      cacheDir: at('cache'),
      host,
      signal,
    });
  if (installer === undefined) throw new Error('the mirror was not filled');
  if (way === 'mmdebstrap')
    return await installByBootstrap(packages, { ...size, mirror, disk, folder: folder.path, signal });
  const machine = { ...size, host, disk, folder: folder.path };
  const log = join(logs, `${way}.log`);
  return await installByDebian(installer, { packages, mirror, machine, log, signal });
}

/** Boots a disk and judges it: every unit starts, nothing is found against it, and it powers off. */
async function judge(way: Way, disk: string, signal: AbortSignal): Promise<void> {
  await using machine = await startMachine({
    image: { disk, format: 'raw' },
    firmware: 'uefi',
    cpus: size.vcpus,
    memoryMiB: size.memoryMiB,
    network: 'user',
    artifactsDir: join(logs, `${way}-judged`),
    host,
    signal,
  });
  await machine.boot();
  // The first boot waits for a person.
  await machine.settle({ waitsFor: ['initial-setup.service'] });
  const verdict = await machine.conclude();
  if (verdict.status !== 'accepted')
    throw new Error(
      `${way}: ${verdict.status}: ${verdict.cause}: ${verdict.evidence.map(({ line }) => line).join('; ')}`,
    );
}

async function measure(way: Way, installer: Netboot | undefined): Promise<Figure> {
  const signal = AbortSignal.any([interrupted.signal, AbortSignal.timeout(LIMIT_MS[way])]);
  const [start, cpuBefore, loadBefore] = [performance.now(), cpuSeconds(), loadavg()[0] ?? 0];
  const seconds = (): number => (performance.now() - start) / 1000;
  const disk = at(`${way}.img`);
  await installBy(way, disk, installer, signal);
  const installed = seconds();
  await judge(way, disk, signal);
  const figure = {
    way,
    installed,
    wall: seconds(),
    cpu: cpuSeconds() - cpuBefore,
    load: (loadBefore + (loadavg()[0] ?? 0)) / 2,
  };
  await rm(disk);
  console.error(
    `${way}: installed after ${installed.toFixed(0)} s, accepted after ${figure.wall.toFixed(0)} s, CPU ${figure.cpu.toFixed(0)} s`,
  );
  return figure;
}

const figures: Figure[] = [];
/** What was measured is printed in any case. */
function failed(error: unknown): void {
  if (!interrupted.signal.aborted) console.error(error);
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
}
try {
  const installer = wanted.some((way) => way !== 'ours') ? await fillMirror(mirror, packages, folder.path) : undefined;
  for (let round = 0; round < Number(values.rounds); round += 1)
    for (const way of round % 2 === 0 ? wanted : wanted.toReversed()) {
      if (interrupted.signal.aborted) break;
      await measure(way, installer).then((figure) => figures.push(figure), failed);
    }
} catch (error) {
  failed(error);
}

function mean(way: Way, key: 'installed' | 'wall' | 'cpu' | 'load'): number {
  const of = figures.filter((figure) => figure.way === way).map((figure) => figure[key]);
  return of.reduce((sum, value) => sum + value, 0) / of.length;
}
console.log(
  `Edition ${leaf}, ${packages.length} packages; ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, QEMU ${host.qemu.version}, ${host.accelerator}.\n`,
);
console.log('| | installed s | accepted s | CPU s | ours, of its wall | ours, of its CPU | load |');
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (const way of wanted.filter((one) => figures.some((figure) => figure.way === one))) {
  const ratio = (key: 'wall' | 'cpu'): string =>
    figures.some((figure) => figure.way === 'ours') ? (mean('ours', key) / mean(way, key)).toFixed(2) : '-';
  console.log(
    `| ${way} | ${mean(way, 'installed').toFixed(0)} | ${mean(way, 'wall').toFixed(0)} | ${mean(way, 'cpu').toFixed(0)} | ${ratio('wall')} | ${ratio('cpu')} | ${mean(way, 'load').toFixed(1)} |`,
  );
}
const { files, bytes, seconds } = mirror.fetched;
console.log(
  `\n${files} files (${(bytes / 1e6).toFixed(0)} MB) were not on this machine before, and took ${seconds.toFixed(0)} s.`,
);
