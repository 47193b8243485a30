import { expect, test } from 'vitest';
import { hostOf, isAlive, ownOwner, parseOwner } from './owner.ts';

const own = parseOwner(ownOwner);

test('this process is alive, and reads back', () => {
  expect(own).toMatchObject({ pid: process.pid });
  expect(own && isAlive(own)).toBe(true);
  expect(parseOwner(`${ownOwner}~Xy12`)).toEqual(own);
});

test('another process that got the same id is not the owner', () => {
  expect(own && isAlive({ ...own, startTime: '1' })).toBe(false);
});

test('a process that cannot be seen from here counts as alive', () => {
  expect(own && isAlive({ ...own, startTime: '1', host: 'elsewhere' })).toBe(true);
  expect(own && isAlive({ ...own, startTime: '1', namespace: '1' })).toBe(true);
});

test.each(['', 'host', 'host~1~2', 'host~1~x~3'])('no owner: "%s"', (text) => {
  expect(parseOwner(text)).toBeUndefined();
});

test('machines of the same name are distinguished from each other, and each stays the same', () => {
  const one = hostOf('fedora', '0123456789abcdef0123456789abcdef\n');
  expect(one).toMatch(/^fedora\.[0-9a-f]{8}$/u);
  expect(hostOf('fedora', '0123456789abcdef0123456789abcdef')).toBe(one);
  expect(hostOf('fedora', 'f'.repeat(32))).not.toBe(one);
  expect(hostOf('a host~with_a.long.name', '')).toBe('a-host-with-a.long.n');
});
