import { access, constants, readFile, readdir, stat, statfs } from 'node:fs/promises';
import { machine, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { type Host, VmTesterError, probeHost } from '@phyllome/vm-tester';
import { findOvmf } from '@phyllome/vm-tester/qemu';
import { execa } from 'execa';
import { findProgram, ownUid, ownUserName } from '@phyllome/host';
import { parseCpuinfo } from './cpuinfo.ts';
import { readDistribution } from './distribution.ts';
import type { HostFacts } from './facts.ts';
import { needs } from './packages.ts';
import { groupsOf, nestedSettings, parseNetInfo } from './parse.ts';

export interface GatherOptions {
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
  connect?: string;
  /** Where disks would be put. */
  images?: string;
}

const LIBVIRT_IMAGES = '/var/lib/libvirt/images';
const VIRSH_TIMEOUT_MS = 15_000;

/** Looks at this machine. Changes nothing, and needs no privilege. */
export async function gatherHostFacts(options: GatherOptions = {}): Promise<HostFacts> {
  const { env = process.env, signal, connect = 'qemu:///system', images = LIBVIRT_IMAGES } = options;
  const cpu = parseCpuinfo(await text('/proc/cpuinfo'));
  const module = `kvm_${cpu.vendor}`;
  const program = (id: Exclude<keyof typeof needs, 'ovmf'>): string | null =>
    findProgram(needs[id].program, env) ?? null;
  const [libvirt, probe, device] = await Promise.all([
    lookAtLibvirt(connect, env, signal),
    probeKvm(env, signal),
    lookAtDevice(),
  ]);
  return {
    architecture: machine(),
    kernel: release(),
    distribution: await readDistribution(),
    within: await detectVirtualization(signal),
    cpu,
    user: {
      name: ownUserName(),
      root: ownUid() === 0,
      groups: groupsOf(await text('/etc/group'), process.getgroups?.() ?? []),
    },
    kvm: { device, module: (await isThere(`/sys/module/${module}`)) ? module : null, probe },
    nested: {
      current: (await text(`/sys/module/${module}/parameters/nested`)).trim() || null,
      configured: await readNestedSettings(),
    },
    iommu: {
      groups: (await readdir('/sys/kernel/iommu_groups').catch(() => [])).length,
      arguments: (await text('/proc/cmdline')).split(/\s+/u).filter((word) => /iommu/u.test(word)),
    },
    programs: {
      qemu: program('qemu'),
      'qemu-img': program('qemu-img'),
      libvirt: program('libvirt'),
      'virt-install': program('virt-install'),
      'virt-manager': program('virt-manager'),
      swtpm: program('swtpm'),
      xorriso: program('xorriso'),
    },
    ovmf: await findOvmf().then(
      ({ code }) => code,
      () => null,
    ),
    libvirt,
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    disk: await freeSpace(images),
  };
}

const text = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function lookAtDevice(): Promise<HostFacts['kvm']['device']> {
  const found = await stat('/dev/kvm').catch(() => undefined);
  if (!found) return null;
  const accessible = await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  const [group = String(found.gid)] = groupsOf(await text('/etc/group'), [found.gid]);
  return { mode: (found.mode & 0o777).toString(8).padStart(4, '0'), group, accessible };
}

/** By the tester's boot sector; its answer is kept as long as the machine runs. */
async function probeKvm(env: NodeJS.ProcessEnv, signal: AbortSignal | undefined): Promise<HostFacts['kvm']['probe']> {
  let host: Host;
  try {
    host = await probeHost({ env, ...(signal && { signal }) });
  } catch (error) {
    signal?.throwIfAborted();
    // Neither KVM nor emulation ran it; without QEMU there is nothing to try.
    if (error instanceof VmTesterError && error.code === 'ACCELERATOR_BROKEN')
      return { works: false, reason: error.message };
    return null;
  }
  const kvm = host.probes.find(({ accelerator }) => accelerator === 'kvm');
  return kvm ? { works: kvm.works, reason: kvm.reason } : null;
}

async function detectVirtualization(signal: AbortSignal | undefined): Promise<string> {
  const { stdout } = await execa('systemd-detect-virt', {
    reject: false,
    stdin: 'ignore',
    ...(signal && { cancelSignal: signal }),
  });
  if (typeof stdout === 'string' && stdout.trim() !== '') return stdout.trim();
  if (await isThere('/run/.containerenv')) return 'podman';
  return (await isThere('/.dockerenv')) ? 'docker' : 'none';
}

/** In modprobe's own order of reading: files by name, those in /etc over those of the same name elsewhere. */
async function readNestedSettings(): Promise<HostFacts['nested']['configured']> {
  const files = new Map<string, string>();
  for (const directory of ['/usr/lib/modprobe.d', '/lib/modprobe.d', '/run/modprobe.d', '/etc/modprobe.d']) {
    for (const name of await readdir(directory).catch(() => [])) if (name.endsWith('.conf')) files.set(name, directory);
  }
  const settings: HostFacts['nested']['configured'] = [];
  for (const name of [...files.keys()].toSorted()) {
    const file = join(files.get(name) ?? '', name);
    settings.push(...nestedSettings(await text(file)).map((setting) => ({ file, ...setting })));
  }
  return settings;
}

async function lookAtLibvirt(
  connect: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<HostFacts['libvirt']> {
  const daemons = await libvirtDaemons();
  const path = findProgram(needs.libvirt.program, env);
  if (path === undefined) return { connect, daemons, answer: null, defaultNetwork: null };
  const virsh = async (...args: string[]) => {
    const result = await execa(path, ['--connect', connect, ...args], {
      env: { ...env, LC_ALL: 'C' },
      stdin: 'ignore',
      reject: false,
      timeout: VIRSH_TIMEOUT_MS,
      ...(signal && { cancelSignal: signal }),
    });
    signal?.throwIfAborted();
    return result;
  };
  const version = await virsh('version', '--daemon');
  const reachable = version.exitCode === 0;
  const said = (reachable ? version.stdout : version.stderr).trim().split('\n').at(-1) || 'no answer in time';
  if (!reachable) return { connect, daemons, answer: { reachable, said }, defaultNetwork: null };
  const network = await virsh('net-info', 'default');
  return {
    connect,
    daemons,
    answer: { reachable, said },
    defaultNetwork: parseNetInfo(network.exitCode ?? 1, network.stdout, network.stderr),
  };
}

/** Where both kinds of units are installed, the modular ones are what distributions enable. */
async function libvirtDaemons(): Promise<HostFacts['libvirt']['daemons']> {
  for (const [kind, unit] of [
    ['modular', 'virtqemud.socket'],
    ['monolithic', 'libvirtd.socket'],
  ] as const) {
    for (const directory of ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system']) {
      if (await isThere(join(directory, unit))) return kind;
    }
  }
  return 'none';
}

/** Of the nearest folder that is there. */
async function freeSpace(path: string): Promise<HostFacts['disk']> {
  for (let at = path; ; at = dirname(at)) {
    const found = await statfs(at).catch(() => undefined);
    if (found) return { path: at, freeGiB: Math.floor((found.bavail * found.bsize) / 2 ** 30) };
    if (at === dirname(at)) return { path, freeGiB: 0 };
  }
}
