import { RESULT_PORT } from '../kickstart.ts';

/** Where anaconda forwards the installer's whole syslog, when a port of this name is there (pyanaconda/core/constants.py). */
const LOG_PORT = 'org.fedoraproject.anaconda.log.0';

export interface InstallMachine {
  accelerator: 'kvm' | 'tcg';
  cpu: string;
  vcpus: number;
  memoryMiB: number;
  /** Undefined: the machine has a BIOS. */
  uefi: { code: string; vars: string; format: 'raw' | 'qcow2' } | undefined;
  kernel: string;
  initrd: string;
  kernelArguments: readonly string[];
  /** The disk that is installed on: raw. */
  disk: string;
  /** Further raw disks, after it. */
  moreDisks?: readonly string[] | undefined;
  cdrom: string | undefined;
  /** File descriptors that QEMU inherits: sockets for its monitor, the console and the two ports. */
  fds: { qmp: number; console: number; log: number; result: number };
}

/**
 * QEMU's arguments for an installation, a pure function: the machine that virt-install would make of the same edition
 * (a Q35 board, UEFI or BIOS, virtio devices throughout, no USB), started from the installer's kernel.
 */
export function installCommandLine(machine: InstallMachine): string[] {
  const { uefi, fds } = machine;
  return [
    ['-nodefaults', '-no-user-config', '-display', 'none', '-action', 'panic=none'],
    ['-machine', `q35,smm=off,vmport=off${uefi === undefined ? '' : ',pflash0=ovmf-code,pflash1=ovmf-vars'}`],
    ['-accel', machine.accelerator === 'tcg' ? 'tcg,thread=multi' : 'kvm', '-cpu', machine.cpu],
    ['-smp', `cpus=${machine.vcpus},sockets=1,cores=${machine.vcpus},threads=1`],
    ['-m', String(machine.memoryMiB), '-rtc', 'base=utc'],
    uefi === undefined
      ? []
      : [
          ...blockdev('ovmf-code', uefi.format, uefi.code, { 'read-only': true }),
          ...blockdev('ovmf-vars', uefi.format, uefi.vars),
        ],
    ['-kernel', machine.kernel, '-initrd', machine.initrd, '-append', machine.kernelArguments.join(' ')],
    blockdev('disk', 'raw', machine.disk, { discard: 'unmap' }),
    ['-device', 'virtio-blk-pci,drive=disk'],
    (machine.moreDisks ?? []).flatMap((path, index) => [
      ...blockdev(`disk${index + 2}`, 'raw', path, { discard: 'unmap' }),
      '-device',
      `virtio-blk-pci,drive=disk${index + 2}`,
    ]),
    ['-device', 'virtio-scsi-pci'],
    machine.cdrom === undefined
      ? []
      : [...blockdev('cdrom', 'raw', machine.cdrom, { 'read-only': true }), '-device', 'scsi-cd,drive=cdrom'],
    ['-device', 'virtio-vga', '-device', 'virtio-keyboard-pci', '-device', 'virtio-tablet-pci'],
    ['-object', 'rng-random,id=rng,filename=/dev/urandom', '-device', 'virtio-rng-pci,rng=rng'],
    ['-nic', 'user,model=virtio-net-pci'],
    socketChardev('qmp', fds.qmp),
    ['-mon', 'chardev=qmp,mode=control'],
    socketChardev('console', fds.console),
    ['-device', 'isa-serial,chardev=console'],
    ['-device', 'virtio-serial-pci'],
    socketChardev('log', fds.log),
    ['-device', `virtserialport,chardev=log,name=${LOG_PORT}`],
    socketChardev('result', fds.result),
    ['-device', `virtserialport,chardev=result,name=${RESULT_PORT}`],
  ].flat();
}

function blockdev(name: string, driver: string, filename: string, more: Record<string, unknown> = {}): string[] {
  return ['-blockdev', JSON.stringify({ driver, 'node-name': name, ...more, file: { driver: 'file', filename } })];
}

const socketChardev = (id: string, fd: number): string[] => ['-chardev', `socket,id=${id},fd=${fd}`];
