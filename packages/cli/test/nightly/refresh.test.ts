import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testWorkspace } from '../workspace.ts';

// Debian's mirror is asked, by its own apt, for every package of every edition.
test('a rehearsal is of the packages that the mirror has today, and what that changes is named', async () => {
  await using workspace = await testWorkspace();
  const path = join(workspace.root, 'containers/rehearsal/packages.lock');
  await workspace.phyllome(['refresh', 'l']);
  const fresh = await readFile(path, 'utf8');
  const [, version = ''] = /^bash (\S+) /mu.exec(fresh) ?? [];
  await writeFile(path, fresh.replace(`bash ${version} `, 'bash 0.1 '));

  const check = await workspace.phyllome(['refresh', 'l', '--check']);
  expect([check.exitCode, check.stdout]).toEqual([1, expect.stringContaining(`bash  0.1 → ${version}`)]);
  expect(await readFile(path, 'utf8')).toContain('bash 0.1 ');

  const written = await workspace.phyllome(['refresh', 'l', '--json']);
  expect(JSON.parse(written.stdout)).toMatchObject({
    builder: 'rehearsal',
    editions: [{ edition: 'l', packages: { updated: [{ name: 'bash', from: '0.1', to: version }] } }],
    written: ['containers/rehearsal/packages.lock'],
  });
  expect(await readFile(path, 'utf8')).toBe(fresh);
});
