import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { testWorkspace } from '../workspace.ts';

/** The last line of what a run said on standard error. */
const errorOf = (stderr: string) => JSON.parse(stderr.split('\n').at(-1) ?? '').error;

describe('under --json an error is the last line of standard error, as JSON', () => {
  test.each<[string[], string, number]>([
    [['build', 'nope', '--json'], 'UNKNOWN_EDITION', 2],
    [['image', 'nope', '--json'], 'UNKNOWN_EDITION', 2],
    [['lint', 'nope', '--json'], 'UNKNOWN_LEAF', 2],
    [['validate', 'nope', '--json'], 'UNKNOWN_LEAF', 2],
    [['validate', './gone.ks', '--format', 'json'], 'UNKNOWN_LEAF', 2],
    [['diff', 'l', './gone.ks', '--json'], 'UNKNOWN_LEAF', 2],
    [['explain', 'gone.cfg:1', '--format=json'], 'BAD_PLACE', 2],
    [['editions', 'nope', '--json'], 'UNKNOWN_LEAF', 2],
    [['verify', 'l', '--json'], 'NO_IMAGE', 2],
    [['check-console', 'gone.log', '--json'], 'BAD_PLACE', 2],
    [['rehearse', 'nope', '--coverage', '--json'], 'UNKNOWN_EDITION', 2],
    [['store', 'push', '--json'], 'NO_REMOTE_STORE', 2],
    [['lint', '--json', '--frobnicate'], 'BAD_OPTION', 2],
    [['frobnicate', '--json'], 'UNKNOWN_COMMAND', 2],
  ])('phyllome %j: %s', async (args, code, exitCode) => {
    await using workspace = await testWorkspace();
    const run = await workspace.phyllome(args);
    expect(errorOf(run.stderr)).toMatchObject({ code, exitCode, hint: expect.stringMatching(/./u) });
    expect(run.stdout).toBe('');
    expect(run.exitCode).toBe(exitCode);
  });
});

test('without --json it is text', async () => {
  await using workspace = await testWorkspace();
  const { stderr } = await workspace.phyllome(['lint', 'nope']);
  expect(stderr).toContain('error[UNKNOWN_LEAF]');
});

test('lint --json has its findings on standard output, and that it failed on standard error', async () => {
  await using workspace = await testWorkspace();
  await writeFile(join(workspace.root, 'bad.ks'), 'lang en_US.UTF-8\nrootpw --plaintext secret\n');
  const { stdout, stderr, exitCode } = await workspace.phyllome(['lint', './bad.ks', '--json']);
  expect(JSON.parse(stdout).findings.length).toBeGreaterThan(0);
  expect(errorOf(stderr)).toMatchObject({ code: 'LINT_FAILED', exitCode: 1 });
  expect(exitCode).toBe(1);
});

test('several broken leaves are one error, with that of each', async () => {
  await using workspace = await testWorkspace();
  for (const leaf of ['l', 's']) await writeFile(join(workspace.root, `leaves/${leaf}.cfg`), 'lnag en\n');
  const { stdout, stderr } = await workspace.phyllome(['editions', '--json']);
  expect(JSON.parse(stdout).editions).toHaveLength(26);
  const error = errorOf(stderr);
  expect(error).toMatchObject({ code: 'FLAT_BROKEN', message: '2 of 28 leaves cannot be flattened' });
  expect(error.errors.map(({ code }: { code: string }) => code)).toEqual(['KS_UNKNOWN_COMMAND', 'KS_UNKNOWN_COMMAND']);
  expect(stderr.split('\n')).toHaveLength(1);
});

test('validate --json says of each leaf whether it is valid and fresh', async () => {
  await using workspace = await testWorkspace();
  const good = await workspace.phyllome(['validate', 'ldhi', '--json']);
  expect(JSON.parse(good.stdout)).toEqual({
    version: 1,
    leaves: [{ leaf: 'ldhi', path: 'leaves/ldhi.cfg', valid: true, fresh: true, diagnostics: [] }],
    findings: [],
  });
  expect(good.exitCode).toBe(0);

  await writeFile(join(workspace.root, 'leaves/l.cfg'), 'lnag en\n');
  await rm(join(workspace.root, 'flat/flat-s.cfg'));
  const { stdout, stderr, exitCode } = await workspace.phyllome(['validate', 'l', 's', 'dhi', '--json']);
  const { error, leaves } = JSON.parse(stdout);
  expect(error).toMatchObject({ code: 'FLAT_STALE', exitCode: 1 });
  expect(leaves).toMatchObject([
    { leaf: 'l', valid: false, fresh: null, diagnostics: [{ code: 'KS_UNKNOWN_COMMAND' }] },
    { leaf: 's', valid: true, fresh: false },
    { leaf: 'dhi', valid: true, fresh: true },
  ]);
  expect(stderr).toBe('');
  expect(exitCode).toBe(1);
});
