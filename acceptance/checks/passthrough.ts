import type { Machine } from '@phyllome/vm-tester';
import { expect } from 'vitest';
import { type Check, NotJudged } from '../judge.ts';

/** What the editions for one maker's processors add: devices for guests, and guests in guests. */
export const passthroughChecks = {
  'intel-arguments': async (vm) => {
    expect(await kernelArguments(vm)).toEqual(
      expect.arrayContaining(['intel_iommu=on', 'iommu=pt', 'rd.driver.pre=vfio-pci', 'i915.enable_gvt=1']),
    );
  },

  // The AMD IOMMU is on by default.
  'amd-arguments': async (vm) => {
    expect(await kernelArguments(vm)).toEqual(expect.arrayContaining(['iommu=pt', 'rd.driver.pre=vfio-pci']));
  },

  nesting: async (vm, { traits }) => {
    const module = traits.has('intel') ? 'kvm_intel' : 'kvm_amd';
    expect(await vm.succeed(`modprobe --showconfig | grep '^options ${module} '`)).toContain('nested=1');
    const loaded = await vm.execute(`cat /sys/module/${module}/parameters/nested`);
    // Only a processor of that maker has the module loaded.
    if (loaded.exitCode === 0) expect(String(loaded.stdout).trim()).toMatch(/^[Y1]$/);
  },

  vfio: async (vm) => {
    await vm.succeed('for module in vfio vfio_iommu_type1 vfio_pci; do test -d /sys/module/$module || exit 1; done');
  },

  'iommu-groups': async (vm) => {
    const iommu = await vm.execute('ls /sys/class/iommu');
    if (String(iommu.stdout).trim() === '') throw new NotJudged('this machine gives its guest no IOMMU');
    expect(await vm.succeed('ls /sys/kernel/iommu_groups')).not.toBe('');
  },

  'intel-graphics': async (vm) => {
    expect(await vm.succeed("modprobe --showconfig | grep '^softdep i915 '")).toMatch(/post:.*\bkvmgt\b/);
    const graphics = await vm.execute('test -d /sys/module/i915');
    if (graphics.exitCode !== 0) throw new NotJudged('this machine gives its guest no Intel GPU');
    await vm.succeed('test -d /sys/module/kvmgt');
  },
} satisfies Record<string, Check>;

async function kernelArguments(vm: Machine): Promise<string[]> {
  return (await vm.succeed('cat /proc/cmdline')).split(' ');
}
