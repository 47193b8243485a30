import { type CheckResult, advice, failed, notApplicable, ok, unknown } from './check.ts';
import type { HostFacts } from './facts.ts';
import { type Need, installCommand, needs } from './packages.ts';

/** What is installed, and whether libvirt answers. All pure: facts in, judgement out. */

type ProgramId = keyof HostFacts['programs'];

const REQUIRED: readonly ProgramId[] = ['qemu', 'qemu-img', 'libvirt', 'virt-install', 'xorriso'];
const OPTIONAL: readonly ProgramId[] = ['virt-manager', 'swtpm'];

export const judgePrograms = (facts: HostFacts): CheckResult => judgeSome(facts, REQUIRED, failed);
export const judgeOptionalPrograms = (facts: HostFacts): CheckResult => judgeSome(facts, OPTIONAL, advice);

function judgeSome(facts: HostFacts, ids: readonly ProgramId[], otherwise: typeof failed): CheckResult {
  const missing = ids.filter((id) => facts.programs[id] === null);
  if (missing.length === 0) return ok(ids.map((id) => needs[id].program).join(', '));
  const programs = missing.map((id) => `${needs[id].program} (${needs[id].why})`).join(', ');
  // What is missing elsewhere comes with the same command.
  const all: Need['id'][] = [...missing, ...(facts.ovmf === null && otherwise === failed ? (['ovmf'] as const) : [])];
  return otherwise(`missing: ${programs}`, installCommand(facts.distribution, all));
}

export function judgeOvmf({ ovmf, distribution }: HostFacts): CheckResult {
  return ovmf === null ? failed('no UEFI firmware for guests', installCommand(distribution, ['ovmf'])) : ok(ovmf);
}

/**
 * What starts libvirt's daemons (libvirt.org/daemons.html): the one that starts guests at boot by itself, the others when
 * they are asked.
 */
const SOCKETS = {
  modular: [
    'virtqemud.service',
    ...['qemu', 'network', 'nodedev', 'nwfilter', 'secret', 'storage', 'interface', 'proxy'].map(
      (name) => `virt${name}d.socket`,
    ),
  ],
  monolithic: ['libvirtd.socket'],
} as const;

export function judgeLibvirt(facts: HostFacts): CheckResult {
  const { libvirt, user, distribution } = facts;
  if (libvirt.answer === null) return notApplicable('virsh is missing: see programs');
  const { reachable, said } = libvirt.answer;
  if (reachable) return ok(`${libvirt.connect} answers: ${said}`);
  const found = `${libvirt.connect} does not answer: ${said}`;
  if (libvirt.daemons === 'none') return failed(found, installCommand(distribution, ['libvirt']));
  const denied = /denied|authentication|polkit|not authorized/iu.test(said);
  if (denied && !user.groups.includes('libvirt')) {
    return failed(
      found,
      `sudo usermod --append --groups libvirt ${user.name}, then log out and in again; without privilege: deploy --connect qemu:///session`,
    );
  }
  return failed(found, `sudo systemctl enable --now ${SOCKETS[libvirt.daemons].join(' ')}`);
}

export function judgeNetwork({ libvirt, distribution }: HostFacts): CheckResult {
  const virsh = `sudo virsh --connect ${libvirt.connect}`;
  if (libvirt.defaultNetwork === 'active') return ok("libvirt's network default is active");
  if (libvirt.defaultNetwork === 'inactive') {
    const fix = `${virsh} net-start default && ${virsh} net-autostart default`;
    return failed("libvirt's network default is not active", fix);
  }
  if (libvirt.defaultNetwork === 'absent') {
    const define = `${virsh} net-define /usr/share/libvirt/networks/default.xml, then net-start and net-autostart default`;
    const fix = distribution.family === 'fedora' ? 'sudo dnf install libvirt-daemon-config-network' : define;
    return failed('libvirt has no network default', fix);
  }
  return libvirt.answer?.reachable
    ? unknown('libvirt does not list its networks', `${virsh} net-list --all`)
    : notApplicable('libvirt does not answer');
}

/** The guest that an edition is installed into by default, and what its host needs besides. */
const GUEST_MIB = 4096;
const HOST_MIB = 2048;

export function judgeMemory({ memoryMiB }: HostFacts): CheckResult {
  const found = `${(memoryMiB / 1024).toFixed(1)} GiB`;
  if (memoryMiB >= GUEST_MIB + HOST_MIB) return ok(found);
  if (memoryMiB >= GUEST_MIB)
    return advice(
      `${found}: too little for a guest of ${GUEST_MIB / 1024} GiB`,
      'deploy with --memory 2048, or close other programs',
    );
  return failed(`${found}: less than a guest gets`, 'use a machine with 4 GiB or more, or deploy with --memory 2048');
}

/** The disk that an edition is installed on by default. */
const DISK_GIB = 10;

export function judgeDisk({ disk: { path, freeGiB } }: HostFacts): CheckResult {
  const found = `${freeGiB.toFixed(0)} GiB are free at ${path}`;
  return freeGiB >= DISK_GIB
    ? ok(found)
    : failed(`${found}, and a disk may grow to ${DISK_GIB} GiB`, 'free some, or put the disk elsewhere: deploy --disk');
}
