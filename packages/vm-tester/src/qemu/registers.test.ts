import { expect, test } from 'vitest';
import { describeCpus, showsKernel } from './registers.ts';

test('describeCpus reports where each CPU is, and whether it sleeps', () => {
  const registers = [
    '\r\nCPU#0\r\nRAX=0000000000000000 RBX=0000000000000001',
    'RIP=ffffffff8f3a2f0b RFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1',
    '\r\nCPU#1\r\nRAX=0000000000000000',
    'RIP=00007f10c2a3f0b0 RFL=00000246 [---Z-P-] CPL=3 II=0 A20=1 SMM=0 HLT=0',
    '\r\nCPU#2\r\nEAX=00000000',
    'EIP=00007c00 EFL=00000202 [-------] CPL=0 II=0 A20=1 SMM=0 HLT=0',
  ].join('\r\n');
  expect(describeCpus(registers)).toBe(
    'CPU 0 sleeps in the kernel at ffffffff8f3a2f0b; CPU 1 runs in user space at 00007f10c2a3f0b0; ' +
      'CPU 2 runs in firmware or a boot loader at 00007c00',
  );
  expect(describeCpus('')).toBe('');
});

/** As QEMU shows 64-bit ARM. */
const arm = (pc: string, level: string) =>
  ` PC=${pc} X00=0000000000000000 X01=ffff800081a3f0b0\r\nX30=0000000000000000  SP=ffff800081a3f0b0\r\nPSTATE=600000c5 -ZC- ${level}\r\n`;

test.each([
  ['the kernel', arm('ffff80008115b1b4', 'EL1h'), true],
  ['user space', arm('0000aaaad21c0f40', 'EL0t'), true],
  ['firmware or a boot loader', arm('000000007fe1a2b0', 'EL1h'), false],
  ['the kernel', 'RIP=ffffffff8f3a2f0b RFL=00000246 [---Z-P-] CPL=0', true],
  ['firmware or a boot loader', 'RIP=000000007eb1a2b0 RFL=00000246 [---Z-P-] CPL=0', false],
  ['firmware or a boot loader', '', false],
])('a CPU that runs in %s', (place, registers, kernel) => {
  expect(describeCpus(`\r\nCPU#0\r\n${registers}`)).toContain(`CPU 0 runs in ${place} at `);
  expect(showsKernel(registers)).toBe(kernel);
});
