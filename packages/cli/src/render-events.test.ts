import { expect, test } from 'vitest';
import { clock } from './render.ts';
import { type PhyllomeEvent, describeEvent } from './render-events.ts';

test.each([
  [0, '0:00'],
  [7400, '0:07'],
  [59_600, '1:00'],
  [754_000, '12:34'],
  [3_723_000, '1:02:03'],
])('%d ms is %s', (ms, text) => {
  expect(clock(ms)).toBe(text);
});

const qemu = { type: 'host', accelerator: 'tcg', reason: 'no /dev/kvm', qemuVersion: '9.2', timeScale: 10 } as const;

// A build, a machine and an installation: each has its own phases, and all are worded alike.
test.each<[PhyllomeEvent, string[]]>([
  [{ time: 1, type: 'phase', phase: 'squashfs' }, ['squashfs']],
  [{ type: 'phase', phase: 'kernel', atMs: 1, deadlineMs: 2 }, ['kernel']],
  [{ type: 'phase', phase: 'packages', atMs: 1 }, ['packages']],
  [{ time: 1, type: 'progress', phase: 'fetch', done: 2 ** 20, unit: 'bytes' }, ['fetch: 1 MiB']],
  [
    { type: 'progress', phase: 'packages', done: 3, total: 9, unit: 'packages', atMs: 1 },
    ['packages: 3 of 9 packages'],
  ],
  [{ type: 'download', file: 'ISO', done: 2 ** 20, total: 2 ** 22 }, ['ISO: 1 of 4 MiB']],
  [{ ...qemu, warnings: ['slow'] }, ['QEMU 9.2, tcg: no /dev/kvm', 'warning: slow']],
  [{ time: 1, type: 'warning', message: 'slow' }, ['warning: slow']],
  [{ time: 1, type: 'log', source: 'console', line: 'x' }, []],
])('%j is %j', (event, lines) => {
  expect(describeEvent(event)).toEqual(lines);
});
