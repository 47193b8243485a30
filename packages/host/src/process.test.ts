import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { cpuTimeMs, isRunning, startTimeOf } from './process.ts';

/** No process has this id: Linux gives none above 4194304. */
const none = 2 ** 22 + 1;

test('this process runs since a time that stays the same, and has used the processor', () => {
  expect(startTimeOf(process.pid)).toMatch(/^[1-9]\d*$/u);
  expect(startTimeOf(process.pid)).toBe(startTimeOf(process.pid));
  expect(cpuTimeMs(process.pid)).toBeGreaterThan(0);
});

test('a process that is not there does not run', () => {
  expect([startTimeOf(none), isRunning(none), cpuTimeMs(none)]).toEqual([undefined, false, undefined]);
});

test('a process that has ended does not run, even while its parent has not taken note', async () => {
  // Its child ends at once, and the shell, replaced by a program that never waits, leaves it a zombie.
  const parent = spawn('sh', ['-c', 'true & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const [printed]: unknown[] = await once(parent.stdout, 'data');
    await expect.poll(() => isRunning(Number(String(printed)))).toBe(false);
  } finally {
    parent.kill('SIGKILL');
  }
});
