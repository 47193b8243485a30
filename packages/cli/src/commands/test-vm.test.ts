import { resolve } from 'node:path';
import { openWorkspace } from '@phyllome/pipeline';
import { expect, test } from 'vitest';
import { type TestVmOptions, testVmCommand } from './test-vm.ts';

const workspace = openWorkspace(resolve(import.meta.dirname, '../../../..'));

test.each<[target: string, option: string, Partial<TestVmOptions>]>([
  ['l', '--memory', { memory: 512 }],
  ['l', '--ready-when', { readyWhen: { console: /up/u } }],
  ['install-s', '--repeat', { repeat: 2 }],
  ['l', '--artifacts', { artifacts: 'out' }],
  ['./some.iso', '--profile', { profile: 'release' }],
  ['install-s', '--profile', { profile: 'draft' }],
])('for %s it refuses %s rather than to ignore it', async (target, option, asked) => {
  const options = { firmware: ['bios'] as const, uninstrumented: false, env: {}, signal: AbortSignal.abort() };
  await expect(testVmCommand(workspace, target, { ...options, ...asked })).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining(option),
  });
});
