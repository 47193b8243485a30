import { expect, test } from 'vitest';
import { barLine, viewFor } from './render-build.ts';

test('no bar where there is no terminal, and none in CI', () => {
  expect(viewFor(false, {})).toBe(process.stdout.isTTY ? 'bar' : 'lines');
  expect(viewFor(false, { CI: 'true' })).toBe('lines');
  expect(viewFor(true, { CI: 'true' })).toBe('json');
  expect(viewFor(false, { NX_TASK_TARGET_TARGET: 'image' })).toBe('lines');
});

test.each([200, 100, 80, 60, 40, 30, 20, 10])('the bar is one line in %i columns, and has the percentage', (width) => {
  const what = 'install: 1203 of 1741 packages';
  for (const remainingMs of [undefined, 3_723_000]) {
    const line = barLine({ fraction: 0.689, what, remainingMs }, 754_000, width);
    expect(line.length).toBeLessThan(width);
    expect(line).toContain('68 %');
  }
});

test('what says least goes first: the time that is left, the bar, the time, the end of the phase', () => {
  expect(line(100)).toBe(`${'█'.repeat(15)}${'░'.repeat(15)} 50 %  install  1:00, 1:00 left`);
  expect(line(37)).toBe(`${'█'.repeat(8)}${'░'.repeat(8)} 50 %  install  1:00`);
  expect(line(25)).toBe('50 %  install  1:00');
  expect(line(12)).toBe('50 %  insta');
});

const line = (width: number): string => barLine({ fraction: 0.5, what: 'install', remainingMs: 60_000 }, 60_000, width);
