import { editionArchitecture } from '@phyllome/host/architecture';
import type { HostCheck, HostCheckId, CheckResult } from './check.ts';
import type { HostFacts } from './facts.ts';
import {
  judgeArchitecture,
  judgeCpu,
  judgeIommu,
  judgeKernel,
  judgeKvmDevice,
  judgeKvmWorks,
  judgeNested,
} from './judge-processor.ts';
import {
  judgeDisk,
  judgeLibvirt,
  judgeMemory,
  judgeNetwork,
  judgeOptionalPrograms,
  judgeOvmf,
  judgePrograms,
} from './judge-software.ts';

/** Every check with its reason, from the hardware up. */
const CHECKS: readonly { id: HostCheckId; why: string; judge: (facts: HostFacts) => CheckResult }[] = [
  { id: 'architecture', why: `editions are made for ${editionArchitecture.name}`, judge: judgeArchitecture },
  { id: 'kernel', why: 'KVM and vfio are in the kernel', judge: judgeKernel },
  { id: 'cpu', why: 'without hardware virtualization every guest is emulated, ten times slower', judge: judgeCpu },
  { id: 'kvm-device', why: 'by it a user runs guests without being root', judge: judgeKvmDevice },
  { id: 'kvm-works', why: 'a device that opens is not yet one that runs guests', judge: judgeKvmWorks },
  {
    id: 'nested',
    why: 'editions with h are hypervisors themselves: in a guest they need it to have guests of their own',
    judge: judgeNested,
  },
  { id: 'iommu', why: 'editions with i and a hand whole devices to guests', judge: judgeIommu },
  { id: 'programs', why: 'phyllome deploy runs them', judge: judgePrograms },
  { id: 'programs-optional', why: 'to watch guests, and to give them a TPM', judge: judgeOptionalPrograms },
  { id: 'ovmf', why: 'editions are installed to be booted by UEFI', judge: judgeOvmf },
  { id: 'libvirt', why: 'virt-install hands the machine to it', judge: judgeLibvirt },
  { id: 'libvirt-network', why: 'the installer downloads packages through it', judge: judgeNetwork },
  { id: 'memory', why: 'a guest gets 4 GiB', judge: judgeMemory },
  { id: 'disk', why: 'a guest gets a disk of 10 GiB', judge: judgeDisk },
];

/** What the facts of a machine mean for deploying editions on it. Pure. */
export const judgeHostFacts = (facts: HostFacts): HostCheck[] =>
  CHECKS.map(({ id, why, judge }) => ({ id, why, ...judge(facts) }));
