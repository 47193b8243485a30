import type { HostFacts } from './facts.ts';

/** Flags about virtualization: Intel's and AMD's, their page tables for guests, and that this is a guest. */
const TELLING = ['vmx', 'svm', 'ept', 'npt', 'hypervisor'];

const VENDORS: Readonly<Record<string, HostFacts['cpu']['vendor']>> = {
  GenuineIntel: 'intel',
  AuthenticAMD: 'amd',
  // AMD's design, and AMD's virtualization.
  HygonGenuine: 'amd',
};

/** The first processor of /proc/cpuinfo (proc(5)). Pure. */
export function parseCpuinfo(text: string): HostFacts['cpu'] {
  const field = (name: string): string => new RegExp(`^${name}\\s*: (.*)$`, 'mu').exec(text)?.[1]?.trim() ?? '';
  const flags = new Set(field('flags').split(' '));
  return {
    vendor: VENDORS[field('vendor_id')] ?? 'other',
    model: field('model name') || 'an unknown processor',
    flags: TELLING.filter((flag) => flags.has(flag)),
  };
}
