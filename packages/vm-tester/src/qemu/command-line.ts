import type { Accelerator } from '../host/accelerator.ts';

/** What is put into the machine. */
export type Image =
  /** `disk`: as an SSD would be seen, and fastest. `cdrom`: behind an AHCI drive. `usb`: a stick. */
  | { iso: string; as?: 'disk' | 'cdrom' | 'usb' }
  | { disk: string; format: 'raw' | 'qcow2'; /** What the guest writes stays. */ keep?: boolean };

/** Where a character device leads: an inherited descriptor while we watch, a file or nothing when reproduced. */
export type Chardev = { fd: number } | { file: string } | { socket: string } | 'stdio' | 'null';

export interface CommandLineOptions {
  accelerator: Accelerator;
  cpu: string;
  cpus: number;
  memoryMiB: number;
  image: Image;
  /** undefined: SeaBIOS, QEMU's default. `vars` is this machine's own copy. */
  uefi: { code: string; vars: string; format: 'raw' | 'qcow2'; secure: boolean } | undefined;
  serial: Chardev;
  /** SeaBIOS and debug builds of OVMF log to I/O port 0x402. */
  debugcon: Chardev;
  qmp: Chardev;
  /** Named virtio-serial ports. */
  ports: { name: string; chardev: Chardev }[];
  /** Files with one SMBIOS type 11 (OEM) string each: systemd's credentials. */
  oemStrings: string[];
  network: 'none' | 'user';
}

/**
 * QEMU's arguments, a pure function of the options. Nothing is left to QEMU's defaults or the user's
 * configuration; images are opened read-only or with a throw-away overlay, so a run changes no file.
 */
export function commandLine(options: CommandLineOptions): string[] {
  return [
    ['-nodefaults', '-no-user-config', '-display', 'none'],
    // q35: the `pc` machine boots three times slower under TCG.
    [
      '-machine',
      `q35,smm=${options.uefi?.secure ? 'on' : 'off'},vmport=off`,
      ...accelerator(options.accelerator),
      '-cpu',
      options.cpu,
    ],
    ['-smp', String(options.cpus), '-m', String(options.memoryMiB), '-rtc', 'base=utc'],
    firmware(options.uefi),
    ['-device', 'VGA', '-device', 'virtio-rng-pci', '-device', 'qemu-xhci', '-device', 'usb-tablet'],
    ['-device', 'usb-kbd', '-device', 'pvpanic', '-action', 'panic=none'],
    image(options.image), // after the controller that a USB stick is plugged into
    chardev('serial', options.serial),
    ['-device', 'isa-serial,chardev=serial'],
    chardev('debugcon', options.debugcon),
    ['-device', 'isa-debugcon,iobase=0x402,chardev=debugcon'],
    chardev('qmp', options.qmp),
    ['-mon', 'chardev=qmp,mode=control'],
    ['-device', 'virtio-serial-pci'],
    ...options.ports.map(({ name, chardev: target }) => [
      ...chardev(name, target),
      '-device',
      `virtserialport,chardev=${name},name=${name}`,
    ]),
    ...options.oemStrings.map((file) => ['-smbios', `type=11,path=${escapeCommas(file)}`]),
    ['-nic', options.network === 'user' ? 'user,model=virtio-net-pci' : 'none'],
  ].flat();
}

function accelerator(kind: Accelerator): string[] {
  return ['-accel', kind === 'tcg' ? 'tcg,thread=multi' : 'kvm'];
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

function image(source: Image): string[] {
  if ('iso' in source) {
    const blockdev = JSON.stringify({
      driver: 'raw',
      'node-name': 'medium',
      'read-only': true,
      file: { driver: 'file', filename: source.iso },
    });
    const device = { disk: 'virtio-blk-pci', cdrom: 'ide-cd', usb: 'usb-storage' }[source.as ?? 'disk'];
    return ['-blockdev', blockdev, '-device', `${device},drive=medium,bootindex=0`];
  }
  const drive = `if=none,id=medium,format=${source.format},file=${escapeCommas(source.disk)},snapshot=${source.keep ? 'off' : 'on'}`;
  return ['-drive', drive, '-device', 'virtio-blk-pci,drive=medium,bootindex=0'];
}

function chardev(id: string, target: Chardev): string[] {
  if (target === 'null') return ['-chardev', `null,id=${id}`];
  if (target === 'stdio') return ['-chardev', `stdio,id=${id},signal=on`];
  if ('fd' in target) return ['-chardev', `socket,id=${id},fd=${target.fd}`];
  if ('socket' in target) return ['-chardev', `socket,id=${id},path=${escapeCommas(target.socket)},server=on,wait=off`];
  return ['-chardev', `file,id=${id},path=${escapeCommas(target.file)}`];
}

/** QEMU's option syntax doubles a comma to mean one. */
function escapeCommas(value: string): string {
  return value.replaceAll(',', ',,');
}
