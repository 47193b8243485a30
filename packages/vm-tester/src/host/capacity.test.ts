import { expect, test } from 'vitest';
import { machinesAtOnce } from './capacity.ts';

const machine = { cpus: 2, memoryMiB: 2048 };

test.each([
  ['as many as have CPUs of their own', { cpus: 16, memoryMiB: 64_000 }, 8],
  ['as many as have memory', { cpus: 16, memoryMiB: 8_000 }, 3],
  ['one where there is room for none', { cpus: 1, memoryMiB: 1_000 }, 1],
])('%s', (_, host, count) => {
  expect(machinesAtOnce(machine, host)).toBe(count);
});
