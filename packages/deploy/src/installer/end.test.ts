import { expect, test } from 'vitest';
import { endOf, endedEarly } from './end.ts';

const timestamp = { seconds: 0, microseconds: 0 };
const event = (name: string, guest: boolean) => ({ event: name, data: { guest, reason: 'x' }, timestamp });

test.each([
  ['SHUTDOWN', true, 'scripts', 'powered-off'],
  ['SHUTDOWN', false, 'scripts', undefined],
  ['RESET', true, 'kernel', 'rebooted'],
  ['RESET', true, 'firmware', undefined],
  ['RESET', false, 'kernel', undefined],
  ['NIC_RX_FILTER_CHANGED', true, 'kernel', undefined],
] as const)('%s, by the guest: %s, in the phase %s', (name, guest, phase, end) => {
  expect(endOf(event(name, guest), phase)).toBe(end);
});

test.each([
  ['powered-off', /gave up and powered off/u, /in the phase packages/u],
  ['rebooted', /gave up and rebooted/u, /in the phase packages/u],
  [{ exited: 'SIGKILL' }, /free memory/u, /QEMU ended with SIGKILL: no message/u],
] as const)('an end by %j is no installation', (ended, hint, line) => {
  const failure = endedEarly('packages', ended, '');
  expect(failure).toMatchObject({ cause: 'ended-early', hint: expect.stringMatching(hint) as unknown });
  expect(failure.lines.join()).toMatch(line);
});
