import { expect, test } from 'vitest';
import * as z from 'zod';
import { testWorkspace } from '../workspace.ts';

test('doctor names every check, and those that the builder does not need', async () => {
  await using at = await testWorkspace();
  const { exitCode, all } = await at.phyllome(['doctor'], { PHYLLOME_BUILDER: 'rehearsal' });
  for (const id of ['engine', 'engine-version', 'architecture', 'clock', 'qemu'])
    expect(all).toMatch(new RegExp(`^ +ok +${id} `, 'mu'));
  for (const id of ['kernel-ext4', 'kernel-vfat', 'loop-devices'])
    expect(all).toMatch(new RegExp(`^ +- +${id} `, 'mu'));
  expect(exitCode, all).toBe(0);
});

test('doctor says what is missing, why it matters and what to do', async () => {
  await using at = await testWorkspace();
  const { exitCode, stdout } = await at.phyllome(['doctor', '--format=json'], {
    DOCKER_HOST: 'unix:///nowhere/docker.sock',
  });
  expect(JSON.parse(stdout)).toMatchObject({
    good: false,
    groups: [
      {
        id: 'build',
        good: false,
        checks: [
          {
            id: 'engine',
            status: 'failed',
            found: expect.stringContaining('ENGINE_UNREACHABLE') as unknown,
            fix: expect.stringContaining('DOCKER_HOST') as unknown,
          },
        ],
      },
      { id: 'test', good: true, checks: [{ id: 'qemu' }] },
      { id: 'virtualization' },
    ],
  });
  expect(exitCode).toBe(3);
});

const toldSchema = z.object({
  good: z.boolean(),
  groups: z.array(z.object({ id: z.string(), good: z.boolean(), checks: z.array(z.object({ id: z.string() })) })),
});

test('doctor looks at virtualization alone, and then that decides', async () => {
  await using at = await testWorkspace();
  const { exitCode, stdout } = await at.phyllome(['doctor', 'virtualization', '--json']);
  const told = toldSchema.parse(JSON.parse(stdout));
  expect(told.groups.map(({ id }) => id)).toEqual(['virtualization']);
  expect(told.groups[0]?.checks.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['cpu', 'kvm-works', 'nested', 'iommu', 'programs', 'libvirt', 'libvirt-network']),
  );
  expect(told.good).toBe(told.groups[0]?.good);
  expect(exitCode).toBe(told.good ? 0 : 3);
});

test('doctor is asked for what it knows nothing of', async () => {
  await using at = await testWorkspace();
  expect((await at.phyllome(['doctor', 'weather'])).exitCode).toBe(2);
});
