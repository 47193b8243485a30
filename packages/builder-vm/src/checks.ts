import { totalmem } from 'node:os';
import { findProgram } from '@phyllome/host';
import { type Builder, freeBytes, judgeSpace, type MachineNeeds, type PreflightCheck } from '@phyllome/iso-builder';
import { type Host, probeHost } from '@phyllome/vm-tester/qemu';
import { workParent } from './work-directory.ts';

/** All that this machine needs to build in a virtual one. @throws {VmTesterError} QEMU_MISSING, ACCELERATOR_BROKEN */
export async function checkMachine(options: {
  builder: Builder;
  neededBytes: number | undefined;
  env: NodeJS.ProcessEnv;
}): Promise<PreflightCheck[]> {
  const { builder, neededBytes, env } = options;
  const parent = workParent(env);
  const missing = [
    ...(findProgram('mkfs.ext4', env, { administrators: true }) === undefined ? ['mkfs.ext4'] : []),
    ...['sqfstar', 'xz'].filter((name) => findProgram(name, env) === undefined),
  ];
  return [
    judgeBuilder(builder),
    judgeAccelerator(await probeHost({ env })),
    {
      id: 'host-tools',
      ...(missing.length === 0
        ? { status: 'ok', found: 'mkfs.ext4, sqfstar, xz' }
        : { status: 'failed', found: `these are not installed: ${missing.join(', ')}` }),
      why: "they make the machine's disks",
      fix: 'run ./setup, or install e2fsprogs, squashfs-tools and xz',
    },
    judgeMachineMemory(totalmem() / 2 ** 20, builder.machine),
    judgeSpace('space-engine', {
      what: `${parent}, where the machine's disks are,`,
      free: await freeBytes(parent),
      needed: neededBytes,
    }),
  ];
}

/** Does the builder run in a machine? Pure. */
export const judgeBuilder = ({ name, machine }: Pick<Builder, 'name' | 'machine'>): PreflightCheck => ({
  id: 'machine',
  ...(machine === undefined
    ? { status: 'failed', found: `the ${name} builder has no kernel for a virtual machine` }
    : { status: 'ok', found: `the ${name} builder runs in a virtual machine` }),
  why: 'its image boots in one',
  fix: 'build in a container (PHYLLOME_ISOLATION=container)',
});

/** How fast will it be? Pure. */
export const judgeAccelerator = ({
  accelerator,
  reason,
  qemu,
}: Pick<Host, 'accelerator' | 'reason' | 'qemu'>): PreflightCheck => ({
  id: 'accelerator',
  status: accelerator === 'kvm' ? 'ok' : 'unknown',
  found: `QEMU ${qemu.version}, ${accelerator}: ${reason}`,
  why: 'without KVM a rehearsal takes thirty times the processor time that it takes in a container',
  fix: 'let this user open /dev/kvm (group kvm), or build in a container (PHYLLOME_ISOLATION=container)',
});

/** Is there the memory that the machine is given? Pure. */
export function judgeMachineMemory(hostMiB: number, needs: MachineNeeds | undefined): PreflightCheck {
  const check = {
    id: 'memory',
    why: 'a machine that gets less than it was given ends in the middle of a build',
    fix: 'build on a machine with more memory',
  } as const;
  if (needs === undefined) return { ...check, status: 'not-applicable', found: 'there is no machine' };
  const enough = needs.memoryMiB <= hostMiB;
  const found = `${Math.round(hostMiB)} MiB, of which the machine gets ${needs.memoryMiB}`;
  return { ...check, status: enough ? 'ok' : 'unknown', found };
}
