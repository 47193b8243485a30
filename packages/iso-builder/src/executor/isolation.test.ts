import { expect, test } from 'vitest';
import { isolationOf } from './isolation.ts';

test.each([
  [{}, 'container'],
  [{ PHYLLOME_ISOLATION: '' }, 'container'],
  [{ PHYLLOME_ENGINE: 'docker' }, 'container'],
  [{ PHYLLOME_ENGINE: 'host' }, 'host'],
  [{ PHYLLOME_ISOLATION: 'host' }, 'host'],
  [{ PHYLLOME_ISOLATION: 'host', PHYLLOME_ENGINE: 'host' }, 'host'],
  [{ PHYLLOME_ISOLATION: 'vm' }, 'vm'],
  [{ PHYLLOME_ISOLATION: 'vm', PHYLLOME_ENGINE: 'podman' }, 'vm'],
] as const)('%j is %s', (env, isolation) => {
  expect(isolationOf(env)).toBe(isolation);
});

test.each([
  { PHYLLOME_ISOLATION: 'chroot' },
  { PHYLLOME_ISOLATION: 'vm', PHYLLOME_ENGINE: 'host' },
  { PHYLLOME_ISOLATION: 'container', PHYLLOME_ENGINE: 'host' },
  { PHYLLOME_ISOLATION: 'host', PHYLLOME_ENGINE: 'docker' },
])('%j is refused', (env) => {
  expect(() => isolationOf(env)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
});
