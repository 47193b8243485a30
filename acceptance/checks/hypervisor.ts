import { type Machine, type NestedAnswers, type NestedQuestion, probeNested } from '@phyllome/vm-tester';
import { expect } from '@phyllome/vm-tester/vitest';
import { type Check, NotJudged } from '../judge.ts';

/** libvirt looks at every device it could offer; under emulation that takes its time. */
const CAPABILITIES_MS = 30_000;

/** What a hypervisor edition can do. */
export const hypervisorChecks = {
  libvirt: async (vm) => {
    await vm.waitUntilSucceeds('virsh --connect qemu:///system version --daemon');
    await vm.succeed('virsh --connect qemu:///system net-info default');
    await vm.succeed('virsh --connect qemu:///system domcapabilities --arch x86_64 --virttype qemu', {
      timeoutMs: CAPABILITIES_MS,
    });
  },

  'iso-pool': async (vm) => {
    expect(await vm.succeed('virsh --connect qemu:///system pool-info isos')).toMatch(/Autostart: +yes/);
    await expect(vm).toHaveFile('/var/lib/libvirt/isos', { mode: 0o711, owner: 'root' });
  },

  kvm: async (vm) => {
    await requireYes(vm, 'kvm');
    await vm.succeed('virsh --connect qemu:///system domcapabilities --virttype kvm', { timeoutMs: CAPABILITIES_MS });
  },

  'nested-guest': async (vm) => {
    await requireYes(vm, 'guest');
  },
} satisfies Record<string, Check>;

const answers = new WeakMap<Machine, Promise<NestedAnswers>>();

/**
 * Asks a machine once what its guest can do with guests of its own.
 *
 * @throws {NotJudged} where this host cannot offer what the question needs
 */
export async function requireYes(vm: Machine, question: NestedQuestion): Promise<void> {
  const asked = answers.get(vm) ?? probeNested(vm);
  answers.set(vm, asked);
  const { answer, detail } = (await asked)[question];
  if (answer === 'not judged') throw new NotJudged(detail);
  expect({ answer, detail }).toMatchObject({ answer: 'yes' });
}
