import { expect, test } from 'vitest';
import { adviseIsolation } from './advise-isolation.ts';

const here = { isolation: 'container', releases: 'container', hasMachine: true, accelerator: 'kvm' } as const;

test('where KVM works, a machine is advised instead of a container', () => {
  expect(adviseIsolation(here)).toMatchObject([{ status: 'advice', fix: expect.stringContaining('vm') as unknown }]);
});

test('and it is said where releases get one without being asked', () => {
  expect(adviseIsolation(here)[0]?.found).toMatch(/^images are built in containers/u);
  expect(adviseIsolation({ ...here, releases: 'vm' })[0]?.found).toMatch(/^drafts are built in containers/u);
});

test.each([
  ['it is chosen', { isolation: 'vm' }],
  ['there is nothing to choose', { isolation: 'host' }],
  ['the builder runs in none', { hasMachine: false }],
  ['it would be slow', { accelerator: 'tcg' }],
  ['there is no QEMU', { accelerator: undefined }],
] as const)('not where %s', (_, other) => {
  expect(adviseIsolation({ ...here, ...other })).toEqual([]);
});
