import { resolve } from 'node:path';
import { openWorkspace } from '@phyllome/pipeline';
import { expect, test } from 'vitest';
import { firmwares } from '../options/firmware.ts';
import { type TestVmOptions, testVmCommand } from './test-vm.ts';

const workspace = openWorkspace(resolve(import.meta.dirname, '../../../..'));

test.each<[target: string, option: string, Partial<TestVmOptions>]>([
  ['l', '--memory', { memory: 512 }],
  ['l', '--ready-when', { readyWhen: { console: /up/u } }],
  ['install-s', '--repeat', { repeat: 2 }],
  ['l', '--artifacts', { artifacts: 'out' }],
  ['./some.iso', '--profile', { profile: 'release' }],
  ['install-s', '--profile', { profile: 'draft' }],
  ['install-s', '--firmware', { firmware: ['bios'] }],
  ['install-s', '--jobs', { jobs: 2 }],
  ['install-s', '--uninstrumented', { uninstrumented: true }],
])('for %s it refuses %s rather than to ignore it', async (target, option, asked) => {
  const options = { firmware: firmwares, uninstrumented: false, env: {}, signal: AbortSignal.abort() };
  await expect(testVmCommand(workspace, target, { ...options, ...asked })).rejects.toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining(option),
  });
});
