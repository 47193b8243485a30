import { expect, test } from 'vitest';
import { clock, viewFor } from './render-build.ts';

test.each([
  [0, '0:00'],
  [7400, '0:07'],
  [59_600, '1:00'],
  [754_000, '12:34'],
  [3_723_000, '1:02:03'],
])('%d ms is %s', (ms, text) => {
  expect(clock(ms)).toBe(text);
});

test('no bar where there is no terminal, and none in CI', () => {
  expect(viewFor(false, {})).toBe(process.stdout.isTTY ? 'bar' : 'lines');
  expect(viewFor(false, { CI: 'true' })).toBe('lines');
  expect(viewFor(true, { CI: 'true' })).toBe('json');
});
