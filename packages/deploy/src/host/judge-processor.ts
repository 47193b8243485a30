import { foreignArchitecture } from '@phyllome/host';
import { type CheckResult, advice, failed, notApplicable, ok, unknown } from './check.ts';
import type { HostFacts } from './facts.ts';

/** What hardware and kernel do for guests. All pure: facts in, judgement out. */

/** The flag of each maker's virtualization (Intel SDM, VMX; AMD APM, SVM). */
const FLAG = { intel: 'vmx', amd: 'svm', other: 'vmx or svm' } as const;
const MODULE = { intel: 'kvm_intel', amd: 'kvm_amd', other: 'kvm' } as const;

const CONTAINERS = new Set([
  'docker',
  'podman',
  'lxc',
  'lxc-libvirt',
  'systemd-nspawn',
  'openvz',
  'rkt',
  'container-other',
]);

const isContainer = ({ within }: HostFacts): boolean => CONTAINERS.has(within);

/** Whether there is a machine around this one. A container shows the flags of the machine that it runs on. */
const isGuest = (facts: HostFacts): boolean =>
  facts.cpu.flags.includes('hypervisor') || (facts.within !== 'none' && !isContainer(facts));

const hasVirtualization = ({ cpu: { flags } }: HostFacts): boolean => flags.includes('vmx') || flags.includes('svm');

export function judgeArchitecture({ architecture }: HostFacts): CheckResult {
  const foreign = foreignArchitecture(architecture);
  return foreign === undefined ? ok(architecture) : failed(foreign.cannot, foreign.can);
}

/** Phyllome OS has always asked for a kernel newer than 5. */
const OLDEST_KERNEL = 5;

export function judgeKernel({ kernel }: HostFacts): CheckResult {
  const major = Number.parseInt(kernel, 10);
  if (Number.isNaN(major))
    return unknown(`the kernel calls itself ${kernel}`, `a Linux of ${OLDEST_KERNEL}.0 or newer is needed`);
  return major >= OLDEST_KERNEL
    ? ok(kernel)
    : failed(`${kernel} is older than ${OLDEST_KERNEL}.0`, "install the distribution's newer kernel, and reboot");
}

export function judgeCpu(facts: HostFacts): CheckResult {
  const { cpu } = facts;
  if (hasVirtualization(facts))
    return ok(`${cpu.model}: ${cpu.flags.includes('vmx') ? 'Intel VT-x (vmx)' : 'AMD-V (svm)'}`);
  const found = `${cpu.model}: no ${FLAG[cpu.vendor]} in /proc/cpuinfo`;
  if (isGuest(facts)) {
    return failed(
      found,
      "this is a virtual machine: enable nested virtualization where it runs, and give it the host's processor (cpu mode host-model or host-passthrough)",
    );
  }
  const name = cpu.vendor === 'amd' ? 'SVM (AMD-V)' : 'Intel Virtualization Technology (VT-x)';
  return failed(
    found,
    `switch on ${name} in the firmware's set-up; a processor without it cannot run guests at a useful speed`,
  );
}

export function judgeKvmDevice(facts: HostFacts): CheckResult {
  const { device } = facts.kvm;
  const { user } = facts;
  const module = MODULE[facts.cpu.vendor];
  if (device === null) {
    if (isContainer(facts)) return failed('this container has no /dev/kvm', 'start it with --device /dev/kvm');
    if (!hasVirtualization(facts)) return failed('there is no /dev/kvm', 'see cpu, above: the processor cannot do it');
    return failed(
      'there is no /dev/kvm',
      `sudo modprobe ${module}; if that is refused, virtualization is locked in the firmware's set-up`,
    );
  }
  if (device.accessible) return ok(`/dev/kvm, mode ${device.mode}, group ${device.group}; ${user.name} may use it`);
  const found = `/dev/kvm is not ${user.name}'s to use: mode ${device.mode}, group ${device.group}`;
  if (isContainer(facts))
    return failed(found, `start the container with --group-add ${device.group} (podman: keep-groups)`);
  // The second digit from the right is the group's: 6 is read and write.
  const groupMay = Number.parseInt(device.mode.at(-2) ?? '0', 8) >= 6;
  if (device.group === 'root' || !groupMay) {
    return failed(found, 'install QEMU from the distribution: its udev rule gives /dev/kvm to the group kvm');
  }
  if (user.groups.includes(device.group)) {
    return failed(
      found,
      `${user.name} is in ${device.group} already, and the device refuses still: log out and in again`,
    );
  }
  return failed(found, `sudo usermod --append --groups ${device.group} ${user.name}, then log out and in again`);
}

export function judgeKvmWorks({ kvm: { device, probe } }: HostFacts): CheckResult {
  if (device === null || !device.accessible) return notApplicable('/dev/kvm cannot be used');
  if (probe === null) return unknown('it was not tried: QEMU is missing', 'install QEMU, see programs');
  if (probe.works) return ok('a guest ran under KVM');
  return failed(
    `/dev/kvm is there, and runs no guest: ${probe.reason}`,
    'look for kvm in the kernel log (journalctl --dmesg --grep kvm); in a virtual machine, its host may not nest. Until then emulation works, ten times slower: deploy --virt-type qemu',
  );
}

const isOn = (value: string | null): boolean => value === 'Y' || value === '1';

/** In effect as a module is loaded: while a guest runs it cannot be unloaded. */
const reload = (module: string): string =>
  `then, with no guest running, sudo modprobe --remove ${module} && sudo modprobe ${module}, or reboot`;

export function judgeNested(facts: HostFacts): CheckResult {
  const { nested, kvm, cpu } = facts;
  if (!hasVirtualization(facts)) return notApplicable('the processor has no virtualization to nest');
  if (kvm.module === null) {
    return unknown(`${MODULE[cpu.vendor]} is not loaded here`, `sudo modprobe ${MODULE[cpu.vendor]}, and ask again`);
  }
  if (isOn(nested.current)) return ok(`on: /sys/module/${kvm.module}/parameters/nested is ${nested.current}`);
  const setting = nested.configured.findLast(({ module }) => module === kvm.module);
  if (setting && isOn(setting.value)) {
    return advice(
      `off, though ${setting.file} switches it on: the module was loaded before`,
      reload(kvm.module).replace('then, ', ''),
    );
  }
  if (isContainer(facts)) return advice('off', 'switch it on where this container runs');
  if (setting) {
    const edit = `sudo sed -i 's/nested=${setting.value}/nested=1/' ${setting.file}`;
    return advice(`off: ${setting.file} says nested=${setting.value}`, `${edit}; ${reload(kvm.module)}`);
  }
  // Not by >: the shell would open the file without privilege.
  const write = `echo 'options ${kvm.module} nested=1' | sudo tee /etc/modprobe.d/kvm-nested.conf`;
  return advice('off', `${write}; ${reload(kvm.module)}`);
}

export function judgeIommu(facts: HostFacts): CheckResult {
  const { iommu, cpu, distribution } = facts;
  if (iommu.groups > 0) return ok(`${iommu.groups} groups of devices`);
  if (isContainer(facts))
    return advice('no groups of devices are to be seen from this container', 'ask on the machine itself');
  if (isGuest(facts)) {
    return advice(
      'no groups of devices',
      'this is a virtual machine: the machine that runs it must give it an IOMMU (virt-install: --iommu model=intel)',
    );
  }
  const wanted = cpu.vendor === 'intel' ? 'intel_iommu=on iommu=pt' : 'iommu=pt';
  const firmware = `switch on ${cpu.vendor === 'amd' ? 'IOMMU (AMD-Vi)' : 'VT-d'} in the firmware's set-up`;
  const missing = wanted.split(' ').filter((word) => !iommu.arguments.includes(word));
  if (missing.length === 0) return advice(`no groups of devices, although the kernel has ${wanted}`, firmware);
  const byGrubby = `sudo grubby --update-kernel=ALL --args="${wanted}"`;
  const byHand = `add ${wanted} to GRUB_CMDLINE_LINUX in /etc/default/grub, sudo update-grub`;
  return advice(
    'no groups of devices',
    `${distribution.family === 'fedora' ? byGrubby : byHand}, reboot; if there are none still, ${firmware}`,
  );
}
