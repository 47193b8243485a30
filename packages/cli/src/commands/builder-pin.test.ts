import { expect, test } from 'vitest';
import { lifeOf } from '../builder-pin.ts';

test.each([
  ['2026-11-29', 44, 'Fedora 44 is maintained until about 2027-05'],
  ['2027-03-01', 44, 'warning: Fedora 44 is maintained until about 2027-05: move to 45'],
  ['2027-05-31', 44, 'warning: Fedora 44 is maintained until about 2027-05: move to 45'],
  ['2027-06-01', 44, 'warning: Fedora 44 has had no updates since about 2027-05'],
])('on %s, of Fedora %i: %s', (day, release, said) => {
  expect(lifeOf({ distribution: 'fedora', version: release }, new Date(`${day}T12:00:00Z`))).toContain(said);
});

test('of others, by their own calendar', () => {
  const now = new Date('2026-11-29T12:00:00Z');
  expect(lifeOf({ distribution: 'almalinux', version: 10 }, now)).toBe(
    'AlmaLinux 10 is maintained until about 2035-05',
  );
});
