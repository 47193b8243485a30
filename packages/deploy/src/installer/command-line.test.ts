import { describe, expect, test } from 'vitest';
import { type InstallMachine, installCommandLine } from './command-line.ts';
import { kernelArguments } from './kernel-arguments.ts';

const BASE: InstallMachine = {
  accelerator: 'kvm',
  cpu: 'host',
  vcpus: 2,
  memoryMiB: 4096,
  uefi: { code: '/ovmf/code.fd', vars: '/run/vars.fd', format: 'raw' },
  kernel: '/run/vmlinuz',
  initrd: '/run/initrd.img',
  kernelArguments: kernelArguments('flat-dhi.cfg', 'inst.stage2=hd:LABEL=F44'),
  disk: '/images/a,b.img',
  cdrom: undefined,
  fds: { qmp: 3, console: 4, log: 7, result: 6 },
};

/** The values that follow every occurrence of an option. */
function values(option: string, changes: Partial<InstallMachine> = {}): string[] {
  const argv = installCommandLine({ ...BASE, ...changes });
  return argv.flatMap((word, index) => (word === option ? [argv[index + 1] ?? ''] : []));
}

const drives = (cdrom: string | undefined): unknown[] =>
  values('-blockdev', { cdrom }).map((text) => JSON.parse(text) as unknown);

describe('the machine of an installation', () => {
  test('is told where its kickstart is', () => {
    const words = (values('-append')[0] ?? '').split(' ');
    expect(words).toContain('inst.ks=file:/flat-dhi.cfg');
    expect(words).toContain('inst.stage2=hd:LABEL=F44');
    // The last console is the one that the installer uses, and hands on.
    expect(words.at(-1)).toBe('console=ttyS0,115200');
    expect([values('-kernel'), values('-initrd')]).toEqual([['/run/vmlinuz'], ['/run/initrd.img']]);
  });

  test('has virtio devices throughout, and no USB', () => {
    const devices = values('-device').map((device) => device.split(',')[0]);
    expect(devices).toEqual(
      expect.arrayContaining([
        'virtio-blk-pci',
        'virtio-scsi-pci',
        'virtio-vga',
        'virtio-keyboard-pci',
        'virtio-tablet-pci',
        'virtio-rng-pci',
        'virtio-serial-pci',
      ]),
    );
    expect(devices.join()).not.toMatch(/usb|hci/u);
    expect(values('-nic')).toEqual(['user,model=virtio-net-pci']);
  });

  test.each([
    ['kvm', 'kvm'],
    ['tcg', 'tcg,thread=multi'],
  ] as const)('accelerator %s', (accelerator, expected) => {
    expect(values('-accel', { accelerator })).toEqual([expected]);
  });

  test('processors are cores of one socket', () => {
    expect(values('-smp', { vcpus: 4 })).toEqual(['cpus=4,sockets=1,cores=4,threads=1']);
  });

  test('firmware and CD-ROM are read-only, variables and disk are not', () => {
    expect(drives('/isos/f44.iso')).toEqual([
      {
        driver: 'raw',
        'node-name': 'ovmf-code',
        'read-only': true,
        file: { driver: 'file', filename: '/ovmf/code.fd' },
      },
      { driver: 'raw', 'node-name': 'ovmf-vars', file: { driver: 'file', filename: '/run/vars.fd' } },
      { driver: 'raw', 'node-name': 'disk', discard: 'unmap', file: { driver: 'file', filename: '/images/a,b.img' } },
      { driver: 'raw', 'node-name': 'cdrom', 'read-only': true, file: { driver: 'file', filename: '/isos/f44.iso' } },
    ]);
    expect(drives(undefined)).toHaveLength(3);
  });

  test('has further disks after the one that is installed on', () => {
    expect(values('-device', { moreDisks: ['/a.img', '/b.img'] }).slice(0, 4)).toEqual([
      'virtio-blk-pci,drive=disk',
      'virtio-blk-pci,drive=disk2',
      'virtio-blk-pci,drive=disk3',
      'virtio-scsi-pci',
    ]);
  });

  test('has no firmware but its own under BIOS', () => {
    const bios = installCommandLine({ ...BASE, uefi: undefined }).join(' ');
    expect(values('-machine', { uefi: undefined })).toEqual(['q35,smm=off,vmport=off']);
    expect(bios).not.toContain('ovmf');
    expect(installCommandLine(BASE).join(' ')).toContain('pflash0=ovmf-code');
  });

  test('tells about itself on named ports: its log to whom anaconda tells it, its success to us', () => {
    expect(values('-device')).toEqual(
      expect.arrayContaining([
        'virtserialport,chardev=log,name=org.fedoraproject.anaconda.log.0',
        'virtserialport,chardev=result,name=org.phyllome.deploy.0',
      ]),
    );
    expect(values('-chardev')).toEqual(expect.arrayContaining(['socket,id=log,fd=7', 'socket,id=result,fd=6']));
  });
});
