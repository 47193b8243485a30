import { expect, test } from 'vitest';
import { judgeAccelerator, judgeBuilder, judgeMachineMemory } from './checks.ts';

const needs = { memoryMiB: 4096, diskMiB: 1, network: false };

test('a builder without a kernel of its own does not do', () => {
  expect(judgeBuilder({ name: 'fedora' }).status).toBe('failed');
  expect(judgeBuilder({ name: 'rehearsal', machine: needs }).status).toBe('ok');
});

test('without KVM it is slow, which is said and is no reason to stop', () => {
  const qemu = { path: 'qemu', version: '10.0.2', major: 10 };
  expect(judgeAccelerator({ accelerator: 'kvm', reason: '', qemu }).status).toBe('ok');
  expect(judgeAccelerator({ accelerator: 'tcg', reason: '', qemu }).status).toBe('unknown');
});

test('memory', () => {
  expect(judgeMachineMemory(8000, needs).status).toBe('ok');
  expect(judgeMachineMemory(4000, needs).status).toBe('unknown');
  expect(judgeMachineMemory(8000, undefined).status).toBe('not-applicable');
});
