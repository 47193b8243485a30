import { describe, expect, test } from 'vitest';
import { EMPTY, commandLine } from './command-line.ts';
import type { CommandLineOptions } from './command-line.ts';
import { HARDWARE } from './hardware.ts';

const BASE: CommandLineOptions = {
  ...EMPTY,
  accelerator: 'tcg',
  cpu: 'qemu64,+ssse3',
  medium: { iso: '/images/l.iso', as: 'disk' },
  serial: { fd: 4 },
  debugcon: { fd: 5 },
  qmp: { fd: 3 },
};

/** The values that follow every occurrence of an option. */
function values(option: string, changes: Partial<CommandLineOptions> = {}): string[] {
  const argv = commandLine({ ...BASE, ...changes });
  return argv.flatMap((word, index) => (word === option ? [argv[index + 1] ?? ''] : []));
}

describe('commandLine', () => {
  test('leaves nothing to defaults', () => {
    expect(commandLine(BASE)).toEqual(expect.arrayContaining(['-nodefaults', '-no-user-config']));
    expect(values('-nic')).toEqual(['none']);
    expect(values('-display')).toEqual(['none']);
  });

  test.each([
    ['tcg', 'tcg,thread=multi'],
    ['kvm', 'kvm'],
  ] as const)('accelerator %s', (accelerator, expected) => {
    expect(values('-accel', { accelerator })).toEqual([expected]);
  });

  test.each([
    ['disk', 'virtio-blk-pci,drive=medium,bootindex=0'],
    ['cdrom', 'ide-cd,drive=medium,bootindex=0'],
    ['usb', 'usb-storage,drive=medium,bootindex=0'],
  ] as const)('an ISO as %s is read-only', (as, device) => {
    const blockdevs = values('-blockdev', { medium: { iso: '/a,b.iso', as } }).map(
      (text) => JSON.parse(text) as unknown,
    );
    expect(blockdevs).toEqual([
      { driver: 'raw', 'node-name': 'medium', 'read-only': true, file: { driver: 'file', filename: '/a,b.iso' } },
    ]);
    expect(values('-device', { medium: { iso: '/a,b.iso', as } })).toContain(device);
  });

  test('a disk is opened with a throw-away overlay: its own where there is one, else of QEMU, its commas doubled', () => {
    const disk = { disk: '/a,b.img', format: 'raw' } as const;
    expect(values('-drive', { medium: { ...disk, overlay: undefined } })).toEqual([
      'if=none,id=medium,format=raw,file=/a,,b.img,snapshot=on',
    ]);
    const [overlay = ''] = values('-blockdev', { medium: { ...disk, overlay: '/tmp/o.qcow2' } });
    expect(JSON.parse(overlay)).toMatchObject({
      driver: 'qcow2',
      'node-name': 'medium',
      file: { filename: '/tmp/o.qcow2' },
    });
  });

  test('the machine phyllome is what virt-install makes: all of it virtio, no USB but for a stick', () => {
    const hardware = HARDWARE.phyllome;
    const changes = { hardware, medium: { iso: '/l.iso', as: 'cdrom' }, scratch: '/s.qcow2', network: 'user' } as const;
    const devices = values('-device', changes);
    expect(devices).toEqual(
      expect.arrayContaining([
        'virtio-vga',
        'virtio-keyboard-pci',
        'virtio-tablet-pci',
        'virtio-rng-pci',
        'virtio-scsi-pci',
        'scsi-cd,drive=medium,bootindex=0',
        'virtio-blk-pci,drive=scratch,bootindex=1',
        'virtio-net-pci,netdev=net0',
        'virtio-serial-pci',
      ]),
    );
    expect(devices.filter((device) => /usb|xhci|ide|ahci|e1000/.test(device))).toEqual([]);
    const { cpus, memoryMiB, diskMiB, firmware } = hardware;
    expect({ cpus, memoryMiB, diskMiB, firmware }).toEqual({
      cpus: 2,
      memoryMiB: 4096,
      diskMiB: 5120,
      firmware: 'uefi',
    });
    expect(values('-device', { hardware, medium: { iso: '/l.iso', as: 'usb' } })).toContain('qemu-xhci');
  });

  test('a kernel without a boot loader, with its initrd and arguments', () => {
    const kernel = { kernel: '/vmlinuz', initrd: '/initrd', cmdline: 'console=ttyS0 quiet' };
    expect(values('-kernel', { kernel })).toEqual(['/vmlinuz']);
    expect(values('-initrd', { kernel })).toEqual(['/initrd']);
    expect(values('-append', { kernel })).toEqual(['console=ttyS0 quiet']);
    expect(values('-kernel')).toEqual([]);
    // Both first would be refused by QEMU.
    expect(values('-device', { kernel }).filter((device) => device.includes('bootindex=0'))).toEqual([]);
  });

  test('a TPM, and an IOMMU ahead of the devices that it is for', () => {
    expect(values('-device', { tpm: '/run/t,pm' })).toContain('tpm-crb,tpmdev=tpm0');
    expect(values('-chardev', { tpm: '/run/t,pm' })).toContain('socket,id=tpm,path=/run/t,,pm');
    expect(values('-device', { iommu: 'virtio' })[0]).toBe('virtio-iommu-pci');
    expect(values('-device', { iommu: 'intel' })[0]).toMatch(/^intel-iommu,intremap=on/);
    expect(values('-machine', { iommu: 'intel', accelerator: 'kvm' })[0]).toContain('kernel-irqchip=split');
    expect(values('-machine', { iommu: 'intel' })[0]).not.toContain('split');
  });

  test("a network: nothing, QEMU's own, what the firmware loads from it, a cable, and a file for its frames", () => {
    expect(values('-nic')).toEqual(['none']);
    expect(values('-netdev', { network: 'user' })).toEqual(['user,id=net0']);
    const netboot = { bootFile: 'a,b.ipxe', tftp: '/t,d' };
    expect(values('-netdev', { network: 'user', netboot })).toEqual(['user,id=net0,tftp=/t,,d,bootfile=a,,b.ipxe']);
    expect(values('-device', { network: 'user', netboot })).toContain('virtio-net-pci,netdev=net0,bootindex=0');
    const network = { fd: 8, mac: '52:54:00:93:00:0a' };
    expect(values('-netdev', { network })).toEqual(['stream,id=net0,server=off,addr.type=fd,addr.str=8']);
    expect(values('-device', { network })).toContain('virtio-net-pci,netdev=net0,mac=52:54:00:93:00:0a');
    expect(values('-object', { network, capture: '/a,b' })).toEqual(['filter-dump,id=capture,netdev=net0,file=/a,,b']);
    expect(values('-object', { network })).toEqual([]);
  });

  test("a machine of ARM has QEMU's virt, and nothing of a PC", () => {
    const changes = { hardware: HARDWARE.arm, cpu: 'cortex-a72', ports: [{ name: 'vmt.0', chardev: { fd: 6 } }] };
    expect(values('-machine', changes)).toEqual(['virt']);
    expect(values('-serial', changes)).toEqual(['chardev:serial']);
    const devices = values('-device', { ...changes, medium: { iso: '/l.iso', as: 'cdrom' } });
    expect(devices).toEqual(
      expect.arrayContaining(['virtio-gpu-pci', 'pvpanic-pci', 'scsi-cd,drive=medium,bootindex=0']),
    );
    expect(devices.filter((device) => /isa|VGA|^pvpanic$|ide/u.test(device))).toEqual([]);
  });

  test('slots for disks, and a clock', () => {
    expect(values('-device', { diskSlots: 2 }).filter((device) => device.startsWith('pcie-root-port'))).toEqual([
      'pcie-root-port,id=slot0,chassis=1',
      'pcie-root-port,id=slot1,chassis=2',
    ]);
    expect(values('-rtc')).toEqual(['base=utc']);
    expect(values('-rtc', { clock: new Date('2040-01-02T03:04:05.678Z') })).toEqual(['base=2040-01-02T03:04:05']);
  });

  test('Secure Boot: its variables are written in System Management Mode only', () => {
    const uefi = { code: '/code.fd', vars: '/run/vars.fd', format: 'raw', secure: true } as const;
    expect(values('-machine', { uefi })[0]).toContain('smm=on');
    expect(values('-machine', { uefi: { ...uefi, secure: false } })[0]).toContain('smm=off');
    expect(values('-global', { uefi })).toEqual(['driver=cfi.pflash01,property=secure,value=on']);
  });

  test('UEFI: the code is read-only, the variables are not', () => {
    const uefi = { code: '/code.fd', vars: '/run/vars.fd', format: 'raw', secure: false } as const;
    const flash: unknown[] = values('-blockdev', { uefi }).map((text) => JSON.parse(text));
    expect(flash.slice(0, 2)).toMatchObject([
      { 'node-name': 'ovmf-code', 'read-only': true },
      { 'node-name': 'ovmf-vars', 'read-only': false },
    ]);
    expect(values('-machine', { uefi })).toContain('pflash0=ovmf-code,pflash1=ovmf-vars');
    expect(values('-machine')).toEqual(['q35,smm=on,vmport=off']);
  });

  test('named virtio-serial ports and OEM strings', () => {
    const changes = { ports: [{ name: 'vmt.0', chardev: { fd: 6 } }], oemStrings: ['/run/x,y'] };
    expect(values('-device', changes)).toContain('virtserialport,chardev=vmt.0,name=vmt.0');
    expect(values('-chardev', changes)).toContain('socket,id=vmt.0,fd=6');
    expect(values('-smbios', changes)).toEqual(['type=11,path=/run/x,,y']);
  });
});
