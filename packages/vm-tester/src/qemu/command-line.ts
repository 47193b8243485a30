import type { Accelerator } from '../host/accelerator.ts';
import { HARDWARE } from './hardware.ts';
import type { Hardware, Network } from './hardware.ts';
import { commas, medium, scratch } from './media.ts';
import type { Medium } from './media.ts';

/** Where a character device leads: an inherited descriptor while we watch, a file or nothing when reproduced. */
type Chardev = { fd: number } | { file: string } | { socket: string } | 'stdio' | 'null';

/** A kernel that QEMU loads itself, without the image's boot loader. */
export interface DirectKernel {
  kernel: string;
  initrd?: string;
  cmdline?: string;
}

export interface CommandLineOptions {
  accelerator: Accelerator;
  cpu: string;
  cpus: number;
  memoryMiB: number;
  hardware: Pick<Hardware, 'architecture' | 'video' | 'input' | 'cdrom'>;
  medium: Medium | undefined;
  kernel: DirectKernel | undefined;
  /** A qcow2 file that the guest sees as an empty disk. */
  scratch: string | undefined;
  /** undefined: SeaBIOS, QEMU's default. `vars` is this machine's own copy. */
  uefi: { code: string; vars: string; format: 'raw' | 'qcow2'; secure: boolean } | undefined;
  /** The socket on which swtpm waits. */
  tpm: string | undefined;
  iommu: 'intel' | 'virtio' | undefined;
  serial: Chardev;
  /** SeaBIOS and debug builds of OVMF log to I/O port 0x402. */
  debugcon: Chardev;
  qmp: Chardev;
  /** Named virtio-serial ports. */
  ports: { name: string; chardev: Chardev }[];
  /** Files with one SMBIOS type 11 (OEM) string each: systemd's credentials. */
  oemStrings: string[];
  network: Network | PrivateCard;
  /** What the firmware loads over the network, of QEMU's own: a URL, or a file in the directory that is served by TFTP. */
  netboot: { bootFile: string; tftp?: string } | undefined;
  /** A file for every frame that the network card sends and receives, in pcap's format. */
  capture: string | undefined;
  /** Slots for disks that come and go while the machine runs. */
  diskSlots: number;
  /** What the machine's own clock shows when it is switched on; undefined for the right time. */
  clock: Date | undefined;
}

/** A network card whose frames come and go at an inherited descriptor. */
export interface PrivateCard {
  fd: number;
  mac: string;
}

/** The name of the network card's link, for `set_link`. */
export const LINK = 'net0';

/** The bus of a slot, counted from 0, for `device_add`. */
export const diskSlot = (index: number): string => `slot${index}`;

/** Of libvirt's network `default` (its `src/network/default.xml.in`): where a guest of a host like ours has its address. */
const LIBVIRT_SUBNET = '192.168.122.0/24';

/** Where a guest of QEMU's user network finds this host's loopback: its docs/system/devices/net.rst. */
export function gatewayOf(kind: 'user' | 'libvirt'): string {
  return kind === 'user' ? '10.0.2.2' : '192.168.122.2';
}

/** A machine without anything in it, to begin from. */
export const EMPTY: Omit<CommandLineOptions, 'accelerator' | 'cpu' | 'serial' | 'debugcon' | 'qmp'> = {
  cpus: HARDWARE.tester.cpus,
  memoryMiB: HARDWARE.tester.memoryMiB,
  hardware: HARDWARE.tester,
  medium: undefined,
  kernel: undefined,
  scratch: undefined,
  uefi: undefined,
  tpm: undefined,
  iommu: undefined,
  ports: [],
  oemStrings: [],
  network: 'none',
  netboot: undefined,
  capture: undefined,
  diskSlots: 0,
  clock: undefined,
};

/**
 * QEMU's arguments, a pure function of the options. Nothing is left to QEMU's defaults or the user's
 * configuration; images are opened read-only or with a throw-away overlay, so a run changes no file.
 */
export function commandLine(options: CommandLineOptions): string[] {
  const { hardware } = options;
  const isPc = hardware.architecture.bios;
  return [
    ['-nodefaults', '-no-user-config', '-display', 'none'],
    machine(options),
    ['-smp', String(options.cpus), '-m', String(options.memoryMiB), '-rtc', `base=${clock(options.clock)}`],
    iommu(options.iommu), // before the devices whose accesses it translates
    firmware(options.uefi),
    ['-device', hardware.video, '-device', 'virtio-rng-pci'],
    input(hardware.input, options.medium?.as === 'usb'),
    ['-device', isPc ? 'pvpanic' : 'pvpanic-pci', '-action', 'panic=none'],
    // A kernel of its own comes before any medium, and so does the network.
    options.medium ? medium(options.medium, hardware.cdrom, !options.kernel && !options.netboot) : [],
    options.scratch === undefined ? [] : scratch(options.scratch),
    kernel(options.kernel),
    tpm(options.tpm),
    chardev('serial', options.serial),
    isPc ? ['-device', 'isa-serial,chardev=serial'] : ['-serial', 'chardev:serial'],
    chardev('debugcon', options.debugcon),
    isPc ? ['-device', 'isa-debugcon,iobase=0x402,chardev=debugcon'] : [],
    chardev('qmp', options.qmp),
    ['-mon', 'chardev=qmp,mode=control'],
    ['-device', 'virtio-serial-pci'],
    ...options.ports.map(({ name, chardev: target }) => [
      ...chardev(name, target),
      '-device',
      `virtserialport,chardev=${name},name=${name}`,
    ]),
    ...options.oemStrings.map((file) => ['-smbios', `type=11,path=${commas(file)}`]),
    network(options),
    slots(options.diskSlots),
  ].flat();
}

function machine({ accelerator, cpu, uefi, iommu: kind, hardware }: CommandLineOptions): string[] {
  const words = ['-accel', accelerator === 'tcg' ? 'tcg,thread=multi' : 'kvm', '-cpu', cpu];
  if (!hardware.architecture.bios) return ['-machine', 'virt', ...words];
  // q35: the `pc` machine boots three times slower under TCG. Interrupts are remapped only outside the kernel's APIC.
  const irqchip = kind === 'intel' && accelerator === 'kvm' ? ',kernel-irqchip=split' : '';
  // Without System Management Mode SeaBIOS leaves the text screen black.
  const type = `q35,smm=${!uefi || uefi.secure ? 'on' : 'off'},vmport=off${irqchip}`;
  return ['-machine', type, ...words];
}

function iommu(kind: CommandLineOptions['iommu']): string[] {
  if (kind === undefined) return [];
  return ['-device', kind === 'intel' ? 'intel-iommu,intremap=on,caching-mode=on' : 'virtio-iommu-pci'];
}

function input(kind: Hardware['input'], stick: boolean): string[] {
  const usb = kind === 'usb' || stick ? ['-device', 'qemu-xhci'] : [];
  // Keys go to q35's own PS/2 keyboard, which every firmware, boot loader and kernel knows.
  if (kind === 'usb') return [...usb, '-device', 'usb-tablet'];
  return [...usb, '-device', 'virtio-tablet-pci', '-device', 'virtio-keyboard-pci'];
}

function firmware(uefi: CommandLineOptions['uefi']): string[] {
  if (!uefi) return [];
  const flash = (name: string, filename: string, readOnly: boolean) => [
    '-blockdev',
    JSON.stringify({
      driver: uefi.format,
      'node-name': name,
      'read-only': readOnly,
      file: { driver: 'file', filename },
    }),
  ];
  return [
    flash('ovmf-code', uefi.code, true),
    flash('ovmf-vars', uefi.vars, false),
    ['-machine', 'pflash0=ovmf-code,pflash1=ovmf-vars'],
    // Only code in System Management Mode may write the variables: else a guest could switch Secure Boot off.
    uefi.secure ? ['-global', 'driver=cfi.pflash01,property=secure,value=on'] : [],
  ].flat();
}

function kernel(direct: DirectKernel | undefined): string[] {
  if (!direct) return [];
  return [
    ['-kernel', direct.kernel],
    direct.initrd === undefined ? [] : ['-initrd', direct.initrd],
    direct.cmdline === undefined ? [] : ['-append', direct.cmdline],
  ].flat();
}

function tpm(socket: string | undefined): string[] {
  if (socket === undefined) return [];
  const backend = ['-tpmdev', 'emulator,id=tpm0,chardev=tpm'];
  return ['-chardev', `socket,id=tpm,path=${commas(socket)}`, ...backend, '-device', 'tpm-crb,tpmdev=tpm0'];
}

function network({ network: kind, netboot, capture }: CommandLineOptions): string[] {
  if (kind === 'none') return ['-nic', 'none'];
  const card = `virtio-net-pci,netdev=${LINK}`;
  const dump =
    capture === undefined ? [] : ['-object', `filter-dump,id=capture,netdev=${LINK},file=${commas(capture)}`];
  if (typeof kind === 'object') {
    const netdev = `stream,id=${LINK},server=off,addr.type=fd,addr.str=${kind.fd}`;
    return ['-netdev', netdev, '-device', `${card},mac=${kind.mac}`, ...dump];
  }
  const subnet = kind === 'libvirt' ? `,net=${LIBVIRT_SUBNET}` : '';
  const tftp = netboot?.tftp === undefined ? '' : `,tftp=${commas(netboot.tftp)}`;
  const bootFile = netboot === undefined ? '' : `${tftp},bootfile=${commas(netboot.bootFile)}`;
  const first = netboot === undefined ? '' : ',bootindex=0';
  return ['-netdev', `user,id=${LINK}${subnet}${bootFile}`, '-device', `${card}${first}`, ...dump];
}

/** Ports of q35's own root complex take no device while the machine runs: what hangs on a root port does. */
function slots(count: number): string[] {
  return Array.from({ length: count }, (_, index) => [
    '-device',
    `pcie-root-port,id=${diskSlot(index)},chassis=${index + 1}`,
  ]).flat();
}

/** As QEMU reads it, in UTC: `2040-01-01T00:00:00`. */
function clock(date: Date | undefined): string {
  return date === undefined ? 'utc' : date.toISOString().replace(/\.\d+Z$/u, '');
}

function chardev(id: string, target: Chardev): string[] {
  if (target === 'null') return ['-chardev', `null,id=${id}`];
  if (target === 'stdio') return ['-chardev', `stdio,id=${id},signal=on`];
  if ('fd' in target) return ['-chardev', `socket,id=${id},fd=${target.fd}`];
  if ('socket' in target) return ['-chardev', `socket,id=${id},path=${commas(target.socket)},server=on,wait=off`];
  return ['-chardev', `file,id=${id},path=${commas(target.file)}`];
}
