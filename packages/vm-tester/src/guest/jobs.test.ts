import { expect, test } from 'vitest';
import { waitsOnlyFor } from './jobs.ts';

const SETUP = ['initial-setup.service'];

test.each([
  ['nothing is done: it has not begun, or has ended', '', false],
  [
    'only set-up runs, and the rest waits for it',
    ' 212 initial-setup.service start running\n 1 multi-user.target start waiting\n',
    true,
  ],
  [
    'something else runs besides',
    '212 initial-setup.service start running\n99 firewalld.service start running\n',
    false,
  ],
  ['set-up waits itself', '212 initial-setup.service start waiting\n99 livesys.service start running\n', false],
])('%s', (_, jobs, settled) => {
  expect(waitsOnlyFor(jobs, SETUP)).toBe(settled);
});
