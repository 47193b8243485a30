import { expect, test } from 'vitest';
import { slowness, startedTooSlowly } from './second-start.ts';

const failed = (name: string, result: string) => ({
  name,
  description: name,
  load: 'loaded',
  active: 'failed',
  sub: 'failed',
  result,
  job: false,
  restarts: 0,
});

const units = [
  failed('late.service', 'timeout'),
  failed('silent.service', 'watchdog'),
  failed('bad.service', 'exit-code'),
];

test.each([
  ['emulation', 10, 0, 10],
  ['a machine with KVM that got half of its time', 1, 0.5, 2],
  ['one that got nothing at all', 1, 1, 100],
])('%s is slower', (_, timeScale, lostShare, slower) => {
  expect(slowness(timeScale, lostShare)).toBeCloseTo(slower);
});

test('only what time ended is started again, and only where time was short', () => {
  expect(startedTooSlowly(units, 10)).toEqual(['late.service', 'silent.service']);
  expect(startedTooSlowly(units, 2)).toEqual(['late.service', 'silent.service']);
  expect(startedTooSlowly(units, 1.2)).toEqual([]);
});
