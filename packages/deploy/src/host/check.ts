/** One thing that deploying wants of a machine, and whether it is there. */
export interface HostCheck {
  id: HostCheckId;
  /** `advice`: deploying works without, some editions or guests want it. */
  status: 'ok' | 'failed' | 'advice' | 'unknown' | 'not-applicable';
  /** What was found. */
  found: string;
  /** What it is needed for. */
  why: string;
  /** What to do about it: commands where there are any. Empty when there is nothing to do. */
  fix: string;
}

/** - `cpu` hardware virtualization · `kvm-device`, `kvm-works` the kernel's part of it · `nested` guests in guests
 *  - `iommu` devices for guests · `programs`, `programs-optional`, `ovmf` what has to be installed
 *  - `libvirt`, `libvirt-network` its daemon and its network · `memory`, `disk`, `kernel` the machine itself */
export type HostCheckId =
  | 'architecture'
  | 'kernel'
  | 'cpu'
  | 'kvm-device'
  | 'kvm-works'
  | 'nested'
  | 'iommu'
  | 'programs'
  | 'programs-optional'
  | 'ovmf'
  | 'libvirt'
  | 'libvirt-network'
  | 'memory'
  | 'disk';

export type CheckResult = Pick<HostCheck, 'status' | 'found' | 'fix'>;

export const ok = (found: string): CheckResult => ({ status: 'ok', found, fix: '' });
export const failed = (found: string, fix: string): CheckResult => ({ status: 'failed', found, fix });
export const advice = (found: string, fix: string): CheckResult => ({ status: 'advice', found, fix });
export const unknown = (found: string, fix: string): CheckResult => ({ status: 'unknown', found, fix });
export const notApplicable = (found: string): CheckResult => ({ status: 'not-applicable', found, fix: '' });
