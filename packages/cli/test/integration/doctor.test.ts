import { expect, test } from 'vitest';
import { testWorkspace } from '../workspace.ts';

test('doctor names every check, and those that the builder does not need', async () => {
  await using at = await testWorkspace();
  const { exitCode, all } = await at.phyllome(['doctor'], { PHYLLOME_BUILDER: 'rehearsal' });
  for (const id of ['engine', 'engine-version', 'clock', 'qemu']) expect(all).toMatch(new RegExp(`^ok +${id} `, 'mu'));
  for (const id of ['kernel-ext4', 'kernel-vfat', 'loop-devices']) expect(all).toMatch(new RegExp(`^- +${id} `, 'mu'));
  expect(exitCode, all).toBe(0);
});

test('doctor says what is missing, why it matters and what to do', async () => {
  await using at = await testWorkspace();
  const { exitCode, stdout } = await at.phyllome(['doctor', '--format=json'], {
    DOCKER_HOST: 'unix:///nowhere/docker.sock',
  });
  expect(JSON.parse(stdout)).toMatchObject({
    good: false,
    checks: [
      {
        id: 'engine',
        status: 'failed',
        found: expect.stringContaining('ENGINE_UNREACHABLE') as unknown,
        fix: expect.stringContaining('DOCKER_HOST') as unknown,
      },
      { id: 'qemu' },
    ],
  });
  expect(exitCode).toBe(3);
});
