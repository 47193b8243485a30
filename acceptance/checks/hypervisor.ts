import type { Machine } from '@phyllome/vm-tester';
import { expect } from 'vitest';
import { type Check, NotJudged } from '../judge.ts';

/** A kernel that finds no root says so; by then it has run for a while. Emulated twice, it takes its time. */
const NESTED_GUEST_MS = 60_000;

/** What a hypervisor edition can do. */
export const hypervisorChecks = {
  libvirt: async (vm) => {
    await vm.waitUntilSucceeds('virsh --connect qemu:///system version --daemon');
    await vm.succeed('virsh --connect qemu:///system net-info default');
    await vm.succeed('virsh --connect qemu:///system domcapabilities --arch x86_64 --virttype qemu', {
      timeoutMs: 30_000,
    });
  },

  'iso-pool': async (vm) => {
    expect(await vm.succeed('virsh --connect qemu:///system pool-info isos')).toMatch(/Autostart: +yes/);
    await vm.succeed('test -d /var/lib/libvirt/isos');
  },

  kvm: async (vm) => {
    await requireVirtualization(vm);
    await vm.succeed('test -c /dev/kvm');
    await vm.succeed('virsh --connect qemu:///system domcapabilities --virttype kvm', { timeoutMs: 30_000 });
  },

  'nested-guest': async (vm) => {
    await requireVirtualization(vm);
    // The medium's own kernel, which runs until it finds no root file system.
    const kernel = await vm.succeed(
      'ls /run/initramfs/live/images/pxeboot/vmlinuz /boot/vmlinuz-* 2>/dev/null | head -1',
    );
    const qemu = [
      '$(command -v qemu-system-x86_64 || echo /usr/libexec/qemu-kvm)',
      '-machine q35 -accel kvm -cpu host -m 256 -nodefaults -display none -no-reboot -serial stdio',
      `-kernel ${kernel} -append "console=ttyS0 panic=-1"`,
    ].join(' ');
    const { stdout, stderr } = await vm.execute(`${qemu} </dev/null`, { timeoutMs: NESTED_GUEST_MS });
    expect(String(stdout), String(stderr)).toContain('Unable to mount root fs');
  },
} satisfies Record<string, Check>;

/** @throws {NotJudged} where the processor that the machine gives its guest cannot virtualize */
async function requireVirtualization(vm: Machine): Promise<void> {
  const flags = await vm.execute('grep -E -m1 -o -w "vmx|svm" /proc/cpuinfo');
  if (flags.exitCode !== 0) throw new NotJudged('this machine gives its guest no vmx or svm');
}
