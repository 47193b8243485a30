import { type Machine, type NestedAnswers, type NestedQuestion, VmTesterError, probeNested } from '@phyllome/vm-tester';
import { expect } from '@phyllome/vm-tester/vitest';
import { autostartFaults, defaultNetworkFaults, hostDeviceFaults } from '../evidence.ts';
import { type Check, NotJudged, requireNone } from '../judge.ts';
import { reboot } from '../passphrase.ts';

/** libvirt looks at every device it could offer; under emulation that takes its time. */
const CAPABILITIES_MS = 30_000;

const VIRSH = 'virsh --connect qemu:///system';

/** From the boot of libvirt's daemon to a guest's process. */
const AUTOSTART_MS = 60_000;

const GUEST_NAME = 'phyllome-autostart';

/** The least that runs: its firmware, which finds nothing to boot. */
const GUEST = `<domain type='qemu'>
  <name>${GUEST_NAME}</name>
  <memory unit='MiB'>32</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
</domain>
`;

/**
 * What a boot does to libvirt, without the boot: a live medium forgets the guest when it restarts. Its daemons end, the
 * mark that guests were started in this boot goes, and everything that the boot's target wants is started.
 */
async function bootLibvirtAgain(vm: Machine): Promise<void> {
  await vm.succeed(`systemctl stop $(systemctl list-units --state=active --plain --no-legend 'virt*d.service' \
    'virt*d*.socket' 'libvirtd*' | cut --delimiter=' ' --fields=1)`);
  await vm.succeed('rm --force /run/libvirt/qemu/autostarted');
  await vm.succeed('systemctl start multi-user.target', { timeoutMs: AUTOSTART_MS });
}

/** What comes of the waiting, its judge says. */
function unlessTimeIsOver(error: unknown): void {
  if (!(error instanceof VmTesterError && error.code === 'WAIT_TIMEOUT')) throw error;
}

/** What a hypervisor edition can do. */
export const hypervisorChecks = {
  libvirt: async (vm) => {
    await vm.waitUntilSucceeds('virsh --connect qemu:///system version --daemon');
    await vm.succeed('virsh --connect qemu:///system net-info default');
    await vm.succeed('virsh --connect qemu:///system domcapabilities --arch x86_64 --virttype qemu', {
      timeoutMs: CAPABILITIES_MS,
    });
  },

  'default-network': async (vm, { network }) => {
    const addresses = await vm.succeed('ip -4 -oneline address show');
    // Otherwise nothing would be in its way.
    if (network === 'libvirt') expect(addresses).toContain('inet 192.168.122.');
    requireNone(defaultNetworkFaults(await vm.succeed(`${VIRSH} net-info default`), addresses));
  },

  'host-devices': async (vm) => {
    requireNone(hostDeviceFaults(await vm.succeed(`${VIRSH} nodedev-list --cap pci`)));
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

  autostart: async (vm, edition) => {
    await vm.writeFile('/run/autostart.xml', GUEST);
    await vm.succeed(`${VIRSH} define /run/autostart.xml && ${VIRSH} autostart ${GUEST_NAME}`);
    if (edition.traits.has('live')) await bootLibvirtAgain(vm);
    else await reboot(vm, edition);
    // Not by virsh: a connection starts libvirt, and with it the guest.
    await vm
      .waitUntilSucceeds(`pgrep --full '[g]uest=${GUEST_NAME}'`, { timeoutMs: AUTOSTART_MS })
      .catch(unlessTimeIsOver);
    requireNone(autostartFaults(await vm.succeed('ps -eo args'), GUEST_NAME));
    await vm.succeed(`${VIRSH} destroy ${GUEST_NAME} && ${VIRSH} undefine ${GUEST_NAME}`);
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
