import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HostCheck, HostCheckId } from './check.ts';
import { type HostFacts, hostFactsSchema } from './facts.ts';
import { judgeHostFacts } from './judge.ts';

const hosts = join(import.meta.dirname, '../../test/recorded/hosts');
const host = (name: string): HostFacts =>
  hostFactsSchema.parse(JSON.parse(readFileSync(join(hosts, `${name}.json`), 'utf8')));

/** What is not simply there: its status, and words of what was found or of what to do. */
type Expected = Partial<Record<HostCheckId, [HostCheck['status'], RegExp]>>;

const TABLE: Record<string, Expected> = {
  'intel-laptop-fedora': {},
  'intel-desktop-fedora-nested-off': {
    nested: [
      'advice',
      /says nested=0.*sudo sed -i 's\/nested=0\/nested=1\/' \/etc\/modprobe\.d\/kvm\.conf; then, with no guest running, sudo modprobe --remove kvm_intel/u,
    ],
    iommu: ['advice', /sudo grubby --update-kernel=ALL --args="intel_iommu=on iommu=pt"/u],
    libvirt: [
      'failed',
      /No such file.*sudo systemctl enable --now virtqemud\.service virtqemud\.socket .*virtnodedevd\.socket/u,
    ],
    'libvirt-network': ['not-applicable', /does not answer/u],
  },
  'amd-desktop-ubuntu': {
    'kvm-device': ['failed', /group kvm.*sudo usermod --append --groups kvm grace, then log out/u],
    'kvm-works': ['not-applicable', /cannot be used/u],
    iommu: ['advice', /add iommu=pt to GRUB_CMDLINE_LINUX in \/etc\/default\/grub, sudo update-grub.*AMD-Vi/u],
    'programs-optional': ['advice', /virt-manager.*swtpm.*sudo apt install virt-manager swtpm swtpm-tools$/u],
    libvirt: ['failed', /Permission denied.*sudo usermod --append --groups libvirt grace.*qemu:\/\/\/session/u],
    'libvirt-network': ['not-applicable', /does not answer/u],
    memory: ['advice', /5\.7 GiB/u],
    disk: ['failed', /6 GiB are free.*deploy --disk/u],
  },
  'virtual-machine-without-nested': {
    cpu: ['failed', /no vmx.*this is a virtual machine: enable nested virtualization where it runs/u],
    'kvm-device': ['failed', /no \/dev\/kvm.*see cpu/u],
    'kvm-works': ['not-applicable', /cannot be used/u],
    nested: ['not-applicable', /no virtualization to nest/u],
    iommu: ['advice', /virt-install: --iommu model=intel/u],
    'libvirt-network': ['failed', /net-start default && .* net-autostart default/u],
    memory: ['failed', /less than a guest gets/u],
  },
  'amd-debian-fresh-virtualization-off': {
    cpu: ['failed', /no svm.*switch on SVM \(AMD-V\) in the firmware/u],
    'kvm-device': ['failed', /no \/dev\/kvm/u],
    'kvm-works': ['not-applicable', /cannot be used/u],
    nested: ['not-applicable', /nothing|no virtualization/u],
    iommu: ['advice', /IOMMU \(AMD-Vi\)/u],
    programs: [
      'failed',
      /sudo apt install qemu-system-x86 qemu-utils libvirt-daemon-system libvirt-clients dnsmasq-base virtinst xorriso ovmf$/u,
    ],
    'programs-optional': ['advice', /sudo apt install virt-manager swtpm swtpm-tools$/u],
    ovmf: ['failed', /sudo apt install ovmf$/u],
    libvirt: ['not-applicable', /virsh is missing/u],
    'libvirt-network': ['not-applicable', /does not answer/u],
  },
  'container-with-broken-kvm': {
    cpu: ['failed', /no vmx/u],
    'kvm-works': ['failed', /runs no guest: no answer to the probe sector.*deploy --virt-type qemu/u],
    nested: ['not-applicable', /no virtualization/u],
    iommu: ['advice', /from this container/u],
    programs: ['failed', /sudo apt install libvirt-daemon-system libvirt-clients dnsmasq-base virtinst$/u],
    'programs-optional': ['advice', /sudo apt install virt-manager$/u],
    libvirt: ['not-applicable', /virsh is missing/u],
    'libvirt-network': ['not-applicable', /does not answer/u],
  },
  'arm-of-an-unknown-distribution': {
    architecture: ['failed', /aarch64/u],
    kernel: ['failed', /4\.19\.0 is older than 5\.0/u],
    cpu: ['failed', /no vmx or svm/u],
    nested: ['not-applicable', /no virtualization/u],
    programs: ['failed', /install xorriso; how they are packaged for Exotic Linux is not known/u],
    'libvirt-network': ['failed', /net-define \/usr\/share\/libvirt\/networks\/default\.xml/u],
  },
};

test('every machine that was recorded is judged', () => {
  const recorded = readdirSync(hosts).flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -5)] : []));
  expect(new Set(recorded)).toEqual(new Set(Object.keys(TABLE)));
});

describe.each(Object.entries(TABLE))('%s', (name, expected) => {
  const checks = judgeHostFacts(host(name));

  test.each(checks)('$id: $status', ({ id, status, found, fix }) => {
    const [wanted, words] = expected[id] ?? ['ok', /./u];
    expect(status, `${found}; ${fix}`).toBe(wanted);
    expect(`${found}; ${fix}`).toMatch(words);
  });

  test('what is not right says why it matters and what to do', () => {
    const silent = checks.filter(
      ({ status, why, fix }) => why === '' || (fix === '' && status !== 'ok' && status !== 'not-applicable'),
    );
    expect(silent).toEqual([]);
  });
});

/** Small changes of a machine where all is right. */
const change = (changes: Partial<HostFacts>): HostFacts => ({ ...host('intel-laptop-fedora'), ...changes });
const judged = (facts: HostFacts, id: HostCheckId): HostCheck | undefined =>
  judgeHostFacts(facts).find((check) => check.id === id);

test.each<[string, HostCheckId, Partial<HostFacts>, HostCheck['status'], RegExp]>([
  [
    'nested, off and configured nowhere',
    'nested',
    { nested: { current: 'N', configured: [] } },
    'advice',
    /^echo 'options kvm_intel nested=1' \| sudo tee \/etc\/modprobe\.d\/kvm-nested\.conf; then/u,
  ],
  [
    'nested, switched on after the module was loaded',
    'nested',
    { nested: { current: 'N', configured: [{ file: '/etc/modprobe.d/a.conf', module: 'kvm_intel', value: '1' }] } },
    'advice',
    /^with no guest running, sudo modprobe --remove kvm_intel && sudo modprobe kvm_intel, or reboot/u,
  ],
  [
    'nested, configured for the other maker',
    'nested',
    { nested: { current: 'N', configured: [{ file: '/etc/modprobe.d/a.conf', module: 'kvm_amd', value: '1' }] } },
    'advice',
    /options kvm_intel nested=1/u,
  ],
  [
    'nested, with the module not loaded',
    'nested',
    { kvm: { ...host('intel-laptop-fedora').kvm, module: null } },
    'unknown',
    /^sudo modprobe kvm_intel/u,
  ],
  [
    'a module that is not loaded',
    'kvm-device',
    { kvm: { device: null, module: null, probe: null } },
    'failed',
    /^sudo modprobe kvm_intel; if that is refused, virtualization is locked/u,
  ],
  [
    'a container without the device',
    'kvm-device',
    { within: 'podman', kvm: { device: null, module: null, probe: null } },
    'failed',
    /--device \/dev\/kvm/u,
  ],
  [
    "a device that is root's alone",
    'kvm-device',
    { kvm: { device: { mode: '0600', group: 'root', accessible: false }, module: 'kvm_intel', probe: null } },
    'failed',
    /udev rule/u,
  ],
  [
    'a group that was joined in this session',
    'kvm-device',
    {
      user: { name: 'ada', root: false, groups: ['kvm'] },
      kvm: { device: { mode: '0660', group: 'kvm', accessible: false }, module: 'kvm_intel', probe: null },
    },
    'failed',
    /log out and in again/u,
  ],
  [
    'an IOMMU that the firmware keeps off',
    'iommu',
    { iommu: { groups: 0, arguments: ['intel_iommu=on', 'iommu=pt'] } },
    'advice',
    /^switch on VT-d in the firmware/u,
  ],
])('%s', (_, id, changes, status, fix) => {
  expect(judged(change(changes), id)).toMatchObject({ status, fix: expect.stringMatching(fix) as unknown });
});
