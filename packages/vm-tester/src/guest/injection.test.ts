import { mkdtempDisposable, readFile, readlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { injectedInitrd } from './injection.ts';

test('the addition to an initrd unpacks to the agent, its units, and what hands them on', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const { exitCode } = await execa('bsdtar', ['--version'], { reject: false });
  const [tool = '', ...words] = exitCode === 0 ? ['bsdtar', '-xf', '-'] : ['busybox', 'cpio', '-i', '-d'];
  await execa(tool, words, { cwd: directory.path, input: injectedInitrd('the-nonce') });

  const read = (path: string) => readFile(join(directory.path, path), 'utf8');
  expect(await read('vmt-agent/agent.sh')).toContain('HELLO');
  expect(await read('vmt-agent/vmt-channel.service')).toMatch(
    /^ExecStart=\/bin\/sh \/run\/vmt-agent\/agent\.sh channel vmt\.0 the-nonce$/m,
  );
  const wants = join(directory.path, 'etc/systemd/system/initrd.target.wants/vmt-inject.service');
  expect(await readlink(wants)).toBe('../vmt-inject.service');
  expect(await readFile(wants, 'utf8')).toContain('ConditionPathExists=/etc/initrd-release');
  const { stderr } = await execa('sh', ['-n', join(directory.path, 'vmt-agent/inject.sh')]);
  expect(stderr).toBe('');
});
