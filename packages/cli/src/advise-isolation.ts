import type { Isolation } from '@phyllome/iso-builder';

/** What `phyllome doctor` advises. */
export interface IsolationAdvice {
  id: 'isolation';
  status: 'advice';
  found: string;
  why: string;
  fix: string;
}

/**
 * Advises a virtual machine where it costs little: the builder runs in one, KVM works, and builds run in containers. Pure.
 *
 * @param accelerator `undefined` where there is no QEMU that works
 */
export function adviseIsolation(known: {
  isolation: Isolation;
  /** Of builds of the release profile. */
  releases: Isolation;
  hasMachine: boolean;
  accelerator: 'kvm' | 'tcg' | undefined;
}): IsolationAdvice[] {
  if (known.isolation !== 'container' || !known.hasMachine || known.accelerator !== 'kvm') return [];
  return [
    {
      id: 'isolation',
      status: 'advice',
      found: `${known.releases === 'vm' ? 'drafts are' : 'images are'} built in containers, which share this machine's kernel; KVM works here`,
      why: 'in a virtual machine a kickstart of others has a kernel of its own to attack',
      fix: 'PHYLLOME_ISOLATION=vm, or --isolation vm',
    },
  ];
}
