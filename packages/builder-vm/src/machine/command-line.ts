import { INHERITED, type Host } from '@phyllome/vm-tester/qemu';

/** One disk of a machine: a raw file. */
export interface Disk {
  /** What the guest finds it by. */
  readonly name: 'image' | 'input' | 'scratch' | 'output' | 'installer';
  readonly file: string;
  readonly readOnly: boolean;
}

export interface MachineOptions {
  host: Pick<Host, 'accelerator' | 'cpu'>;
  cpus: number;
  memoryMiB: number;
  kernel: string;
  initramfs: string;
  disks: readonly Disk[];
  network: boolean;
  /** More of them for the kernel. */
  kernelArguments?: readonly string[] | undefined;
}

/**
 * A panic resets the machine at once, which ends QEMU (`-no-reboot`): what the kernel says of it is on its console. What
 * keeps the kernel's memory from programs (`mitigations`) has nothing to keep here, where they are all of one build and run as
 * root, and costs most where an emulated processor changes page tables at each call.
 */
const usualArguments = ['console=ttyS0', 'panic=-1', 'loglevel=4', 'random.trust_cpu=on', 'mitigations=off'];

/**
 * QEMU's arguments, a pure function of the options: a machine of disks, two ports, a console and, where it is needed,
 * QEMU's own network, by which it reaches what this user's programs reach. Nothing else, and no default of QEMU's.
 */
export function machineCommandLine(options: MachineOptions): string[] {
  const { host, cpus, memoryMiB, kernel, initramfs, disks, network, kernelArguments = [] } = options;
  return [
    ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    // QEMU itself may start no program, and gain no right.
    ['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ['-machine', 'q35,smm=off,vmport=off,sata=off,usb=off'],
    ['-accel', host.accelerator === 'tcg' ? 'tcg,thread=multi' : 'kvm', '-cpu', host.cpu],
    ['-smp', String(cpus), '-m', String(memoryMiB), '-rtc', 'base=utc'],
    ['-kernel', kernel, '-initrd', initramfs, '-append', [...usualArguments, ...kernelArguments].join(' ')],
    ['-chardev', `socket,id=qmp,fd=${INHERITED.qmp}`, '-mon', 'chardev=qmp,mode=control'],
    ['-chardev', `socket,id=serial,fd=${INHERITED.serial}`, '-device', 'isa-serial,chardev=serial'],
    ['-device', 'virtio-serial-pci', '-device', 'virtio-rng-pci'],
    port('phyllome.control', INHERITED.channel),
    port('phyllome.console', INHERITED.journal),
    ...disks.map((disk) => blockDevice(disk)),
    network ? ['-netdev', 'user,id=net,ipv6=off', '-device', 'virtio-net-pci,netdev=net'] : ['-nic', 'none'],
  ].flat();
}

const port = (name: string, fd: number): string[] => [
  '-chardev',
  `socket,id=${name},fd=${fd}`,
  '-device',
  `virtserialport,chardev=${name},name=${name}`,
];

/**
 * Nothing on these disks outlives the build: what is flushed need not be on the disk of the host. Where that is full, the
 * machine stops, which is when QEMU reports it.
 */
function blockDevice({ name, file, readOnly }: Disk): string[] {
  const blockdev = {
    driver: 'raw',
    'node-name': name,
    'read-only': readOnly,
    cache: { direct: false, 'no-flush': true },
    discard: 'unmap',
    file: { driver: 'file', filename: file },
  };
  return [
    '-blockdev',
    JSON.stringify(blockdev),
    '-device',
    `virtio-blk-pci,drive=${name},serial=${name},werror=enospc`,
  ];
}
