// oxlint-disable vitest/expect-expect -- the machine's verbs assert: they throw when the guest does not comply
import type { Machine } from '@phyllome/vm-tester';
import { describe, expect, test } from 'vitest';
import { skipBecause } from '../skip.ts';

/** What a hypervisor edition can do, as far as a guest without nested virtualisation shows it. */
export function hypervisorChecks(vm: () => Machine): void {
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

    test('KVM is usable', async (context) => {
      const flags = await vm().execute('grep -E -m1 -o -w "vmx|svm" /proc/cpuinfo');
      if (flags.exitCode !== 0)
        skipBecause(context, 'this machine gives its guest no vmx or svm: KVM cannot be judged here');
      await vm().succeed('test -c /dev/kvm');
    });
  });
}

/** What a desktop adds to a hypervisor. */
export function virtManagerChecks(vm: () => Machine): void {
  describe('virt-manager', () => {
    test('opens with the session', async () => {
      await vm().succeed('command -v virt-manager');
      await vm().succeed('grep -q "^Exec=virt-manager" /etc/xdg/autostart/*.desktop');
    });
  });
}
