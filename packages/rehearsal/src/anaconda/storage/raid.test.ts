import { expect, test } from 'vitest';
import { memberDataMiB, raidLevelOf } from './raid.ts';

test.each([
  ['1', 'raid1'],
  ['raid1', 'raid1'],
  ['RAID10', 'raid10'],
  ['0', 'raid0'],
  ['2', undefined],
  ['raid', undefined],
  ['linear', undefined],
  ['constructor', undefined],
])('level %s is %s', (text, level) => expect(raidLevelOf(text)).toBe(level));

// Sectors that mdadm 4.4 made of members of so many MiB.
test.each([
  [512, 1_046_528],
  [3454, 7_067_648],
])('a member of %d MiB has no more room than mdadm left it, and little less', (sizeMiB, sectors) => {
  const had = sectors / 2048;
  expect(memberDataMiB(sizeMiB)).toBeLessThanOrEqual(had);
  expect(memberDataMiB(sizeMiB)).toBeGreaterThan(had - 4);
});

test('a large member leaves 128 MiB, and one of nothing has nothing', () => {
  expect(memberDataMiB(2 ** 20)).toBe(2 ** 20 - 128 - 2);
  expect(memberDataMiB(1)).toBe(0);
});
