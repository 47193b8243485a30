import { expect, test } from 'vitest';
import { testSummary } from './test-summary.ts';

test('of what was accepted it says by what, how long it took and how to work with it', () => {
  const boots = [
    { firmware: 'bios', status: 'accepted', durationMs: 61_000 },
    { firmware: 'uefi', status: 'accepted', durationMs: 75_400 },
  ] as const;
  expect(testSummary('dhi', 'accepted', { boots, durationMs: 137_000 })).toBe(
    ['dhi: accepted in 2:17', '  bios accepted in 1:01, uefi accepted in 1:15', '  work with it: phyllome up dhi'].join(
      '\n',
    ),
  );
});

test.each([
  ['rejected', 'why: '],
  ['inconclusive', 'phyllome doctor'],
] as const)('of what is %s it says what to do next', (status, next) => {
  const summary = testSummary('./any.iso', status, {
    boots: [{ firmware: 'uefi', status, durationMs: 1000 }],
    durationMs: 1000,
  });
  expect(summary).toContain(`./any.iso: ${status} in 0:01`);
  expect(summary).toContain(next);
  expect(summary).not.toContain('phyllome up');
});
