import { architectures } from '@phyllome/host/architecture';
import { expect, test } from 'vitest';
import { parseDescriptor } from './firmware.ts';

const flash = (changes: object = {}) =>
  JSON.stringify({
    'interface-types': ['uefi'],
    mapping: {
      device: 'flash',
      executable: { filename: '/ovmf/code.fd', format: 'raw' },
      'nvram-template': { filename: '/ovmf/vars.fd', format: 'raw' },
    },
    targets: [{ architecture: 'x86_64', machines: ['pc-i440fx-*', 'pc-q35-*'] }],
    features: ['acpi-s3', 'verbose-dynamic'],
    ...changes,
  });

test('plain UEFI for q35 is taken', () => {
  expect(parseDescriptor(flash())).toEqual({
    code: '/ovmf/code.fd',
    vars: '/ovmf/vars.fd',
    format: 'raw',
    secure: false,
  });
});

test("UEFI for ARM is another machine's", () => {
  const arm = architectures.aarch64;
  const targets = [{ architecture: arm.name, machines: ['virt-*'] }];
  expect(parseDescriptor(flash({ targets }), arm)).toMatchObject({ code: '/ovmf/code.fd' });
  expect(parseDescriptor(flash(), arm)).toBeUndefined();
});

test('Secure Boot with keys enrolled is taken as such', () => {
  const features = ['secure-boot', 'enrolled-keys', 'requires-smm'];
  expect(parseDescriptor(flash({ features }))).toMatchObject({ secure: true });
});

test.each([
  ['Secure Boot without keys', { features: ['secure-boot', 'requires-smm'] }],
  ['SMM', { features: ['requires-smm'] }],
  ['another architecture', { targets: [{ architecture: 'aarch64', machines: ['virt-*'] }] }],
  ['another machine', { targets: [{ architecture: 'x86_64', machines: ['microvm'] }] }],
  ['a BIOS', { 'interface-types': ['bios'] }],
  ['memory instead of flash', { mapping: { device: 'memory' } }],
])('%s is not', (_, changes) => {
  expect(parseDescriptor(flash(changes))).toBeUndefined();
});

test('nonsense is not', () => {
  expect(parseDescriptor('{')).toBeUndefined();
});
