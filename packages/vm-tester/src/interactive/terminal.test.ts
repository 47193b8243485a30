import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { openShell } from './terminal.ts';

test('a machine that has ended meanwhile has no shell, and the error says so', async () => {
  await using directory = await mkdtempDisposable(`${tmpdir()}/vm-test-`);
  const machine = { name: 'l', pid: process.pid, startTime: '0', image: '/l.iso', directory: directory.path };
  const { stdin, stdout } = process;
  await expect(openShell(machine, { stdin, stdout, term: 'linux' })).rejects.toMatchObject({
    code: 'GUEST_UNREACHABLE',
    message: 'cannot open a shell on l: it is off',
  });
});
