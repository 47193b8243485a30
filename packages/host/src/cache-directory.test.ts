import { expect, test } from 'vitest';
import { cacheDirectory } from './cache-directory.ts';

test.each([
  [{ XDG_CACHE_HOME: '/var/cache/me', HOME: '/home/me' }, '/var/cache/me/phyllome'],
  [{ HOME: '/home/me' }, '/home/me/.cache/phyllome'],
  [{ XDG_CACHE_HOME: '', HOME: '/home/me' }, '/home/me/.cache/phyllome'],
  [{ XDG_CACHE_HOME: 'relative', HOME: '/home/me' }, '/home/me/.cache/phyllome'],
])('%j', (env, expected) => {
  expect(cacheDirectory(env)).toBe(expected);
});
