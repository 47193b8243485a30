import { expect, test } from 'vitest';
import { explainEnd, type MachineEnd, ranOutOfMemory } from './end.ts';

const seen: MachineEnd = {
  status: 0,
  stderr: '',
  kernelLines: [],
  gaveUp: undefined,
  hostDiskFull: false,
  directory: '/var/tmp/x',
  memoryMiB: 512,
};

test.each<[string, Partial<MachineEnd>, string, RegExp]>([
  ['a full disk of the host', { hostDiskFull: true, status: 'full' }, 'DISK_TOO_SMALL', /\/var\/tmp\/x.* is full/u],
  [
    'a panic',
    { kernelLines: ['[ 3.1] Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b'] },
    'MACHINE_FAILED',
    /panicked: Attempted to kill init! exitcode=0x0000000b$/u,
  ],
  [
    'a panic, also when QEMU was killed after it',
    { kernelLines: ['[ 3.1] Kernel panic - not syncing: sysrq triggered crash'], status: 'SIGKILL' },
    'MACHINE_FAILED',
    /panicked: sysrq triggered crash/u,
  ],
  ['its first process gives up', { gaveUp: 'the inputs cannot be read' }, 'MACHINE_FAILED', /gave up: the inputs/u],
  ['a killed QEMU', { status: 'SIGKILL' }, 'MACHINE_FAILED', /ended by SIGKILL$/u],
  ['a QEMU that crashed', { status: 'SIGABRT' }, 'MACHINE_FAILED', /ended by SIGABRT$/u],
  ['QEMU complains', { status: 1, stderr: 'qemu: cannot' }, 'MACHINE_FAILED', /: qemu: cannot$/u],
  ['nobody knows', {}, 'MACHINE_FAILED', /QEMU ended with 0$/u],
])('%s', (_, end, code, message) => {
  const error = explainEnd({ ...seen, ...end });
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
});

test('a panic for want of memory has the one remedy', () => {
  const kernelLines = ['[ 9.0] Kernel panic - not syncing: System is deadlocked on memory'];
  expect(explainEnd({ ...seen, kernelLines }).hint).toContain('512 MiB');
});

test('the kernel says when it ends a process for want of memory', () => {
  const line = '[  41.2] Out of memory: Killed process 214 (dd) total-vm:1024kB, anon-rss:512kB';
  expect(ranOutOfMemory(['[ 1.0] Linux version 6.12', line])).toBe(true);
  expect(ranOutOfMemory(['[ 1.0] Memory: 480M/512M available'])).toBe(false);
});
