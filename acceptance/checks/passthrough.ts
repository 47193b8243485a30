// oxlint-disable vitest/expect-expect -- the machine's verbs assert: they throw when the guest does not comply
import type { Machine } from '@phyllome/vm-tester';
import { describe, expect, test } from 'vitest';

export type Cpu = 'intel' | 'amd';

const KERNEL_ARGUMENTS: Record<Cpu, string[]> = {
  intel: ['intel_iommu=on', 'iommu=pt', 'rd.driver.pre=vfio-pci', 'i915.enable_gvt=1'],
  // The AMD IOMMU is on by default.
  amd: ['iommu=pt', 'rd.driver.pre=vfio-pci'],
};

/** What the editions for one maker's processors add: devices for guests, and guests in guests. */
export function passthroughChecks(vm: () => Machine, cpu: Cpu): void {
  describe(`passthrough, ${cpu}`, () => {
    test('the running kernel got its arguments', async () => {
      const words = (await vm().succeed('cat /proc/cmdline')).split(' ');
      expect(words).toEqual(expect.arrayContaining(KERNEL_ARGUMENTS[cpu]));
    });

    test('guests may have guests', async () => {
      expect(await vm().succeed(`modprobe --showconfig | grep '^options kvm_${cpu} '`)).toContain('nested=1');
    });

    test('VFIO is loaded', async () => {
      await vm().succeed(
        'for module in vfio vfio_iommu_type1 vfio_pci; do test -d /sys/module/$module || exit 1; done',
      );
    });
  });
}
