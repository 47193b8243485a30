import { expect, test } from 'vitest';
import { viewFor } from './render-build.ts';

test('no bar where there is no terminal, and none in CI', () => {
  expect(viewFor(false, {})).toBe(process.stdout.isTTY ? 'bar' : 'lines');
  expect(viewFor(false, { CI: 'true' })).toBe('lines');
  expect(viewFor(true, { CI: 'true' })).toBe('json');
});
