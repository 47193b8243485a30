import { expect, test } from 'vitest';
import { cpuOf, hardwareOf } from './hardware.ts';
import { instrumentBeforeBoot } from './instruments.ts';

test("a machine's type decides what the options leave open", () => {
  expect(hardwareOf({})).toMatchObject({ firmware: 'bios', hardware: { cpus: 2, memoryMiB: 2048, diskMiB: 0 } });
  expect(hardwareOf({ machine: 'phyllome' })).toMatchObject({
    firmware: 'uefi',
    hardware: { cpus: 2, memoryMiB: 4096, diskMiB: 5120, network: 'user', medium: 'cdrom' },
  });
  expect(hardwareOf({ machine: 'phyllome', firmware: 'uefi-secure', memoryMiB: 3072, diskMiB: 0 })).toMatchObject({
    firmware: 'uefi-secure',
    hardware: { memoryMiB: 3072, diskMiB: 0, video: 'virtio-vga' },
  });
});

test.each([{ memoryMiB: -3 }, { memoryMiB: 0 }, { cpus: 1.5 }, { cpus: NaN }, { diskMiB: -1 }])(
  'a machine of %j cannot be made',
  (options) => {
    expect(() => hardwareOf(options)).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID', fault: 'usage' }));
  },
);

test('nested virtualisation is emulated by TCG and passed on by KVM; a CPU model of the user is left alone', () => {
  const tcg = { accelerator: 'tcg', cpu: 'qemu64' } as const;
  expect(cpuOf(tcg, {})).toBe('qemu64');
  expect(cpuOf(tcg, { nested: true })).toMatch(/^qemu64,\+svm,\+npt/);
  expect(cpuOf({ accelerator: 'kvm', cpu: 'host' }, { nested: true })).toBe('host');
  expect(cpuOf(tcg, { nested: true, cpu: 'max' })).toBe('max');
});

test('how a machine is instrumented follows from the image, or from what is asked for', () => {
  const iso = { iso: 'a.iso' };
  const kernel = { kernel: 'vmlinuz', initrd: 'initrd' };
  expect(instrumentBeforeBoot({ image: iso })).toBe('credential');
  expect(instrumentBeforeBoot({ image: kernel })).toBe('initrd-inject');
  expect(instrumentBeforeBoot({ image: { kernel: 'vmlinuz' } })).toBe('credential');
  expect(instrumentBeforeBoot({ image: kernel, instrument: 'credential' })).toBe('credential');
  expect(instrumentBeforeBoot({ image: iso, instrument: 'serial-login' })).toBeUndefined();
  expect(instrumentBeforeBoot({ image: iso, instrument: 'screen' })).toBeUndefined();
});
