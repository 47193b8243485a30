import { expect, test } from 'vitest';
import { mayLieInMemory } from './sysimage.ts';

const GiB = 2 ** 30;

test.each([
  [4096, 8 * GiB, true],
  [4096, 8 * GiB - 1, false],
  [10_240, 16 * GiB, false],
  // Without a size there would be no limit.
  [0, 8 * GiB, false],
])('a root file system of %i MiB with %i bytes free: %s', (sizeMiB, freeBytes, may) => {
  expect(mayLieInMemory(sizeMiB, freeBytes)).toBe(may);
});
