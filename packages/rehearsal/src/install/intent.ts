import type { Kickstart } from '../kickstart.ts';
import type { Plan } from './action.ts';
import { arrays, installed as forInstalled, logical, packageCounterpart } from './counterparts.ts';
import { kernelPackage } from './kernel.ts';
import { type Kind, planConfiguration } from './plan.ts';
import { type Resolution, resolveSelection } from './selection.ts';

/** Packages by which a hypervisor is known. */
const isHypervisor = (name: string): boolean => /^(?:libvirt|qemu-kvm|virtualization)/u.test(name);

/** What a kickstart comes to, before Debian is asked anything. */
export interface Intent {
  plan: Plan;
  /** Names of packages that stand for themselves if Debian has them. */
  unknown: string[];
  resolve: (inDebian: (name: string) => boolean) => Resolution;
}

const makesLogicalVolumes = ({ name, args }: Kickstart['commands'][number]): boolean =>
  name === 'volgroup' || (name === 'autopart' && args.includes('--type=lvm'));

/** Reads packages and configuration out of a kickstart. Pure. */
export function intentOf(
  { commands, selection, sections }: Kickstart,
  { project, releasever, kind = 'live' }: { project: string; releasever: string; kind?: Kind },
): Intent {
  const packages = selection.packages.map(({ name }) => name);
  const groups = selection.groups.map(({ name }) => name);
  const plan = planConfiguration({ commands, sections }, { project, releasever, packages, kind });
  const kernel = kernelPackage({
    graphical: plan.graphical,
    hypervisor: [...packages, ...groups].some(isHypervisor),
    hardware: groups.includes('hardware-support'),
  });
  // As anaconda adds what the storage and the boot loader need, whatever the kickstart names.
  const forStorage = [
    ...(commands.some(makesLogicalVolumes) ? logical.debian : []),
    ...(commands.some(({ name }) => name === 'raid') ? arrays.debian : []),
  ];
  const also = kind === 'live' ? plan.needs : [...plan.needs, ...forInstalled.debian, ...forStorage];
  return {
    plan,
    unknown: packages.filter((name) => packageCounterpart(name) === undefined),
    resolve: (inDebian) => resolveSelection(selection, { kernel, inDebian, also }),
  };
}
