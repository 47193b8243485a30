import { describe, expect, test } from 'vitest';
import { commandLine } from './command-line.ts';
import type { CommandLineOptions } from './command-line.ts';

const BASE: CommandLineOptions = {
  accelerator: 'tcg',
  cpu: 'qemu64,+ssse3',
  cpus: 2,
  memoryMiB: 2048,
  image: { iso: '/images/l.iso' },
  uefi: undefined,
  serial: { fd: 4 },
  debugcon: { fd: 5 },
  qmp: { fd: 3 },
  ports: [],
  oemStrings: [],
  network: 'none',
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
    const blockdevs = values('-blockdev', { image: { iso: '/a,b.iso', as } }).map(
      (text) => JSON.parse(text) as unknown,
    );
    expect(blockdevs).toEqual([
      { driver: 'raw', 'node-name': 'medium', 'read-only': true, file: { driver: 'file', filename: '/a,b.iso' } },
    ]);
    expect(values('-device', { image: { iso: '/a,b.iso', as } })).toContain(device);
  });

  test('a disk is opened with a throw-away overlay and its commas doubled', () => {
    expect(values('-drive', { image: { disk: '/a,b.img', format: 'raw' } })).toEqual([
      'if=none,id=medium,format=raw,file=/a,,b.img,snapshot=on',
    ]);
  });

  test('Secure Boot: its variables are written in System Management Mode only', () => {
    const uefi = { code: '/code.fd', vars: '/run/vars.fd', format: 'raw', secure: true } as const;
    expect(values('-machine', { uefi })[0]).toContain('smm=on');
    expect(values('-machine')[0]).toContain('smm=off');
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
    expect(values('-machine')).toEqual(['q35,smm=off,vmport=off']);
  });

  test('named virtio-serial ports and OEM strings', () => {
    const changes = { ports: [{ name: 'vmt.0', chardev: { fd: 6 } }], oemStrings: ['/run/x,y'] };
    expect(values('-device', changes)).toContain('virtserialport,chardev=vmt.0,name=vmt.0');
    expect(values('-chardev', changes)).toContain('socket,id=vmt.0,fd=6');
    expect(values('-smbios', changes)).toEqual(['type=11,path=/run/x,,y']);
  });
});
