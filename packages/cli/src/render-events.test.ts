import { once } from 'node:events';
import { expect, test } from 'vitest';
import { clock } from './render.ts';
import { type PhyllomeEvent, describeEvent, inLines } from './render-events.ts';

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

test('in a silence a line says what goes on, and how far it is; after the end there is none', async () => {
  const printed: string[] = [];
  const heard = new EventTarget();
  const print = (line: string): void => {
    printed.push(line);
    if (line.includes('still running')) heard.dispatchEvent(new Event('line'));
  };
  const line = (): Promise<unknown> => once(heard, 'line');
  await inLines(
    async (show) => {
      await line();
      show({ time: 1000, type: 'phase', phase: 'install' });
      show({ time: 1000, type: 'estimate', fraction: 0.68, elapsedMs: 0 });
      await line();
      await line();
    },
    { silentMs: 5, print },
  );
  expect(printed.map((one) => one.replaceAll(/\d:\d\d/gu, '0:00'))).toEqual([
    '   0:00  still running',
    '   0:00  install',
    '   0:00  install, still running (68 %)',
    '   0:00  install, still running (68 %)',
  ]);
});
