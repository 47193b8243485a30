import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ownOwner } from '@phyllome/host';
import { expect, test } from 'vitest';
import { testWorkspace } from '../workspace.ts';

test('clean --dry-run names what clean removes, and removes nothing', async () => {
  await using workspace = await testWorkspace();
  // No process can have this id.
  const name = `.iso-dhi.partial~${ownOwner.replace(/~\d+~\d+$/u, '~4194304~1')}~x`;
  await mkdir(join(workspace.root, 'dist', name), { recursive: true });

  const dry = await workspace.phyllome(['clean', '--dry-run']);
  expect(dry.stdout).toContain(`dist/: 1 unfinished results would be removed\n  ${name}\n`);
  expect(existsSync(join(workspace.root, 'dist', name))).toBe(true);
  expect(dry.exitCode).toBe(0);

  const clean = await workspace.phyllome(['clean']);
  expect(clean.stdout).toContain('dist/: 1 unfinished results removed\n');
  expect(existsSync(join(workspace.root, 'dist', name))).toBe(false);
});

test('flatten --quiet prints only what is wrong', async () => {
  await using workspace = await testWorkspace();
  const { stdout, stderr, exitCode } = await workspace.phyllome(['flatten', '--quiet', 'ldhi']);
  expect(stdout + stderr).toBe('');
  expect(exitCode).toBe(0);
  const wrong = await workspace.phyllome(['flatten', '-q', 'nope']);
  expect(wrong.stderr).toContain('error[UNKNOWN_LEAF]');
});
