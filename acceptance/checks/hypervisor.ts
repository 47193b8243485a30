// oxlint-disable vitest/expect-expect -- the machine's verbs assert: they throw when the guest does not comply
import type { Machine } from '@phyllome/vm-tester';
import { describe, expect, test } from 'vitest';
import type { Edition } from '../edition.ts';

/** What a hypervisor edition can do, as far as a guest without nested virtualisation shows it. */
export function hypervisorChecks(vm: () => Machine, edition: Edition): void {
  describe('hypervisor', () => {
    test('libvirt answers on the system connection', async () => {
      await vm().waitUntilSucceeds('virsh --connect qemu:///system version --daemon');
    });

    test('libvirt has its default network and a pool for installation media', async () => {
      await vm().succeed('virsh --connect qemu:///system net-info default');
      expect(await vm().succeed('virsh --connect qemu:///system pool-info isos')).toMatch(/Autostart: +yes/);
      await vm().succeed('test -d /var/lib/libvirt/isos');
    });

    test('guests can be emulated: QEMU for x86_64 is there', async () => {
      await vm().succeed('virsh --connect qemu:///system domcapabilities --arch x86_64');
    });

    test('KVM is usable', async ({ skip }) => {
      const flags = await vm().execute('grep -E -m1 -o -w "vmx|svm" /proc/cpuinfo');
      if (flags.exitCode !== 0) skip('this machine gives its guest no vmx or svm: KVM cannot be judged here');
      await vm().succeed('test -c /dev/kvm');
    });

    test.runIf(edition.desktop)('virt-manager opens with the session', async () => {
      await vm().succeed('command -v virt-manager');
      await vm().succeed('grep -q "^Exec=virt-manager" /etc/xdg/autostart/*.desktop');
    });

    test.runIf(edition.cpu === 'intel')('Intel: the kernel got its IOMMU arguments', async () => {
      const words = (await vm().succeed('cat /proc/cmdline')).split(' ');
      expect(words).toEqual(
        expect.arrayContaining(['intel_iommu=on', 'iommu=pt', 'rd.driver.pre=vfio-pci', 'i915.enable_gvt=1']),
      );
      expect(await vm().succeed('modprobe --showconfig | grep "^options kvm_intel"')).toContain('nested=1');
    });

    test.runIf(edition.cpu === 'amd')('AMD: the kernel got its IOMMU arguments', async () => {
      const words = (await vm().succeed('cat /proc/cmdline')).split(' ');
      expect(words).toEqual(expect.arrayContaining(['iommu=pt', 'rd.driver.pre=vfio-pci']));
      expect(await vm().succeed('modprobe --showconfig | grep "^options kvm_amd"')).toContain('nested=1');
    });

    test.runIf(edition.cpu)('devices can be handed to guests: VFIO is loaded', async () => {
      await vm().succeed(
        'for module in vfio vfio_iommu_type1 vfio_pci; do test -d /sys/module/$module || exit 1; done',
      );
    });
  });
}
