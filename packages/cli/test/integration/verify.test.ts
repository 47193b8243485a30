import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testWorkspace } from '../workspace.ts';

// What verify finds is iso-builder's to test; a build that verifies is in pipeline.test.ts.

test('verify says what is wrong, how to go on, and exits with 1', async () => {
  await using at = await testWorkspace();
  await mkdir(join(at.root, 'out'));
  await writeFile(join(at.root, 'out', 'manifest.json'), 'none');
  const { exitCode, all } = await at.phyllome(['verify', 'out']);
  expect(all).toContain('WRONG  manifest');
  expect(all).toContain('error[EVIDENCE_INVALID]');
  expect(all).toContain('hint: ');
  expect(exitCode).toBe(1);
});

test('verify --format=json is for programs', async () => {
  await using at = await testWorkspace();
  await mkdir(join(at.root, 'empty'));
  const { exitCode, stdout } = await at.phyllome(['verify', 'empty', '--format=json']);
  expect(JSON.parse(stdout)).toMatchObject({
    version: 1,
    good: false,
    checks: [{ name: 'manifest', problems: [{ code: 'EVIDENCE_MISSING' }] }],
  });
  expect(exitCode).toBe(1);
});

test('verify takes an edition, and says when nothing was built or nothing is known of it', async () => {
  await using at = await testWorkspace();
  const none = await at.phyllome(['verify', 'l']);
  expect(none.stderr).toContain(`error[NO_IMAGE] there is no directory ${at.root}/dist/iso-l`);
  expect(none.stderr).toContain('hint: pnpm nx build iso-l');
  await mkdir(join(at.root, 'dist/iso-l'), { recursive: true });
  expect((await at.phyllome(['verify', 'l'])).stdout).toContain(`${at.root}/dist/iso-l/manifest.json is not there`);
  const results = [none, await at.phyllome(['verify', './gone']), await at.phyllome(['verify', './nx.json'])];
  expect(results.map(({ exitCode }) => exitCode)).toEqual([2, 2, 2]);
  expect((await at.phyllome(['verify', 'gone'])).stderr).toContain('error[UNKNOWN_EDITION]');
});
