import { expect, test } from 'vitest';
import { chooseIsolation, isolationOf } from './isolation.ts';

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

const works = [{ status: 'ok' }, { status: 'not-applicable' }] as const;

test('a release is built in a virtual machine where one does as well', () => {
  expect(chooseIsolation({}, 'release', works)).toBe('vm');
});

test.each([
  ['a draft', {}, 'draft', works, 'container'],
  ['there is no QEMU', {}, 'release', undefined, 'container'],
  ['it would be slow', {}, 'release', [...works, { status: 'unknown' }], 'container'],
  ['something is missing', {}, 'release', [{ status: 'failed' }], 'container'],
  ['a container is asked for', { PHYLLOME_ISOLATION: 'container' }, 'release', works, 'container'],
  ['this machine is asked for', { PHYLLOME_ENGINE: 'host' }, 'release', works, 'host'],
  ['an engine is named', { PHYLLOME_ENGINE: 'podman' }, 'release', works, 'container'],
  ['its engine is elsewhere', { DOCKER_HOST: 'ssh://builder' }, 'release', works, 'container'],
  ['a machine is asked for', { PHYLLOME_ISOLATION: 'vm' }, 'draft', undefined, 'vm'],
] as const)('otherwise as asked: %s', (_, env, profile, checks, isolation) => {
  expect(chooseIsolation(env, profile, checks)).toBe(isolation);
});
