import { expect } from '@phyllome/vm-tester/vitest';
import { type Check, NotJudged } from '../judge.ts';
import { requireYes } from './hypervisor.ts';

/** What the editions for one maker's processors add: devices for guests, and guests in guests. */
export const passthroughChecks = {
  'intel-arguments': async (vm) => {
    await expect(vm).toHaveKernelArgument('intel_iommu', 'on');
    await expect(vm).toHaveKernelArgument('iommu', 'pt');
    await expect(vm).toHaveKernelArgument('rd.driver.pre', 'vfio-pci');
    await expect(vm).toHaveKernelArgument('i915.enable_gvt', '1');
  },

  // The AMD IOMMU is on by default.
  'amd-arguments': async (vm) => {
    await expect(vm).toHaveKernelArgument('iommu', 'pt');
    await expect(vm).toHaveKernelArgument('rd.driver.pre', 'vfio-pci');
  },

  nesting: async (vm, { traits }) => {
    const module = traits.has('intel') ? 'kvm_intel' : 'kvm_amd';
    expect(await vm.succeed(`modprobe --showconfig | grep '^options ${module} '`)).toContain('nested=1');
    const loaded = await vm.execute(`cat /sys/module/${module}/parameters/nested`);
    // Only a processor of that maker has the module loaded.
    if (loaded.exitCode === 0) expect(String(loaded.stdout).trim()).toMatch(/^[Y1]$/);
  },

  vfio: async (vm) => {
    for (const module of ['vfio', 'vfio_iommu_type1', 'vfio_pci']) await expect(vm).toHaveFile(`/sys/module/${module}`);
  },

  'iommu-groups': async (vm) => {
    await requireYes(vm, 'iommu');
  },

  'intel-graphics': async (vm) => {
    expect(await vm.succeed("modprobe --showconfig | grep '^softdep i915 '")).toMatch(/post:.*\bkvmgt\b/);
    const graphics = await vm.execute('test -d /sys/module/i915');
    if (graphics.exitCode !== 0) throw new NotJudged('this machine gives its guest no Intel GPU');
    await expect(vm).toHaveFile('/sys/module/kvmgt');
  },
} satisfies Record<string, Check>;
