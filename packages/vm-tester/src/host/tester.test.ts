import { expect, test } from 'vitest';
import { describeTester } from './tester.ts';

const signal = new AbortController().signal;

test('a machine without QEMU is described, too: that it has none is what decides', async () => {
  const tester = await describeTester({ env: { PATH: '/nonexistent' }, signal });
  expect(tester).not.toHaveProperty('qemu');
  expect(tester).not.toHaveProperty('bios');
  expect(tester.kvm).toBeTypeOf('boolean');
});

test('firmware is described by its content', async () => {
  const { qemu, bios = [], uefi = [], uefiSecure = [] } = await describeTester({ env: process.env, signal });
  expect(bios).toHaveLength(qemu === undefined ? 0 : 1); // QEMU brings SeaBIOS along
  for (const codeAndVariables of [uefi, uefiSecure]) expect([0, 2]).toContain(codeAndVariables.length);
  for (const digest of [...bios, ...uefi, ...uefiSecure]) expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/u);
});
