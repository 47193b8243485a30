import { appendFile, mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type TestWorkspace, runPhyllome, testWorkspace } from '../workspace.ts';

/** A workspace in whose live base something is wrong. */
async function broken(lines: string): Promise<TestWorkspace> {
  const workspace = await testWorkspace();
  await appendFile(join(workspace.root, 'leaves/l.cfg'), lines);
  return workspace;
}

test('the leaves of this repository have no problems found', async () => {
  await using workspace = await testWorkspace();
  const { exitCode, stdout } = await workspace.phyllome(['lint', '--strict']);
  expect(stdout).toBe('no problems found');
  expect(exitCode).toBe(0);
});

test('findings show place, caret and hint, and an error is exit code 1', async () => {
  await using workspace = await broken('user --name=a --password=secret\n');
  const { exitCode, stdout, stderr } = await workspace.phyllome(['lint', 'l']);
  expect(stdout).toMatch(
    /error\[KSL_SECRET\] leaves\/l\.cfg:\d+:15\n.*user --name=a.*\n.*~{17} the value of --password/,
  );
  expect(stderr).toContain('error[LINT_FAILED] 1 error, 0 warnings');
  expect(exitCode).toBe(1);
});

test('validate fails on a lint error', async () => {
  await using workspace = await broken('user --name=a --password=secret\n');
  expect((await workspace.phyllome(['flatten', 'l'])).exitCode).toBe(0);
  const { exitCode, stderr } = await workspace.phyllome(['validate', 'l']);
  expect(stderr).toContain('error[KSL_SECRET]');
  expect(exitCode).toBe(1);
});

test('warnings alone are exit code 0, with --strict 1', async () => {
  await using workspace = await broken('%post\nset -e\ntrue\n%end\n');
  expect((await workspace.phyllome(['lint', 'l'])).exitCode).toBe(0);
  expect((await workspace.phyllome(['lint', 'l', '--strict'])).exitCode).toBe(1);
});

test('--fix fixes what changes nothing that works, and leaves the rest', async () => {
  await using workspace = await broken('rootpw --iscrypted --lock locked\n%post\n[ -f /a ] && touch /b\n%end\n');
  const { exitCode, stderr } = await workspace.phyllome(['lint', 'l', '--fix']);
  expect(stderr).toContain('note: fixed leaves/l.cfg');
  expect(exitCode).toBe(0);
  const text = await readFile(join(workspace.root, 'leaves/l.cfg'), 'utf8');
  expect(text).toContain('\nrootpw --lock\n%post\n[ -f /a ] && touch /b\n%end\n');
});

test('shellcheck finds what is wrong in scripts, at the leaf line', async () => {
  await using workspace = await broken('%post --erroronfail\nset -e\nrm $1\n%end\n');
  const { stdout } = await workspace.phyllome(['lint', 'l']);
  expect(stdout).toMatch(/info\[KSL_SHELL\] leaves\/l\.cfg:\d+:4\n.*rm \$1\n.*~~ SC2086:/);
});

test('without shellcheck the run says that scripts were not checked', async () => {
  await using workspace = await broken('%post --erroronfail\nset -e\nrm $1\n%end\n');
  const env = { PATH: join(workspace.root, 'empty-path') };
  const human = await workspace.phyllome(['lint'], env);
  expect(human.stderr).toContain('note: shellcheck is not on the PATH, so scripts were not checked');
  expect(human.exitCode).toBe(0);
  const json = JSON.parse((await workspace.phyllome(['lint', '--format', 'json'], env)).stdout);
  expect(json.notes).toEqual([expect.stringContaining('shellcheck is not on the PATH')]);
  const sarif = JSON.parse((await workspace.phyllome(['lint', '--format', 'sarif'], env)).stdout);
  expect(JSON.stringify(sarif.runs[0].invocations)).toContain('shellcheck is not on the PATH');
});

test('the configuration sets severities, and a wrong one is a usage error', async () => {
  await using workspace = await broken('user --name=a --password=secret\n');
  const config = join(workspace.root, 'leaves/lint.json');
  await writeFile(config, '{ "severity": { "KSL_SECRET": "off" } }');
  expect((await workspace.phyllome(['lint', 'l'])).exitCode).toBe(0);
  await writeFile(config, '{ "severity": { "KSL_SECRETS": "off" } }');
  const { exitCode, stderr } = await workspace.phyllome(['lint', 'l']);
  expect(stderr).toContain('error[LINT_CONFIG_INVALID] leaves/lint.json: there is no rule KSL_SECRETS');
  expect(stderr).toContain('hint: did you mean KSL_SECRET?');
  expect(exitCode).toBe(2);
});

test('the configuration is found upwards from each kickstart, also outside a checkout', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'phyllome-lint-test-'));
  const at = (name: string): string => join(directory.path, name);
  await mkdir(at('a/b'), { recursive: true });
  await mkdir(at('c'));
  await writeFile(at('a/lint.json'), '{ "severity": { "KSL_SECRET": "info" } }');
  await writeFile(at('a/b/one.ks'), 'rootpw secret\n');
  await writeFile(at('c/two.ks'), 'rootpw secret\n');
  const one = await runPhyllome(directory.path, ['lint', 'a/b/one.ks']);
  expect(one.stdout).toContain('info[KSL_SECRET] a/b/one.ks:1:8');
  expect(one.exitCode).toBe(0);
  const both = await runPhyllome(directory.path, ['lint', 'a/b/one.ks', 'c/two.ks']);
  expect(both.stdout).toContain('info[KSL_SECRET] a/b/one.ks:1:8');
  expect(both.stdout).toContain('error[KSL_SECRET] c/two.ks:1:8');
  expect(both.exitCode).toBe(1);
});

test('--live checks any kickstart by what livemedia-creator refuses', async () => {
  await using workspace = await testWorkspace();
  await writeFile(join(workspace.root, 'any.ks'), 'text\n');
  expect((await workspace.phyllome(['lint', './any.ks'])).exitCode).toBe(0);
  const { exitCode, stdout } = await workspace.phyllome(['lint', './any.ks', '--live']);
  expect(stdout).toContain('error[KS_LIVE_DISPLAY_MODE] any.ks:1:1');
  expect(exitCode).toBe(1);
});

test('any kickstart can be linted by its path', async () => {
  await using workspace = await testWorkspace();
  await writeFile(join(workspace.root, 'any.ks'), 'rootpw secret\n');
  const { exitCode, stdout } = await workspace.phyllome(['lint', './any.ks']);
  expect(stdout).toContain('error[KSL_SECRET] any.ks:1:8');
  expect(exitCode).toBe(1);
  expect((await workspace.phyllome(['lint', './gone.ks'])).exitCode).toBe(2);
  expect((await workspace.phyllome(['lint', '--rules'])).stdout).toContain('KSL_DOWNLOAD (error)');
});
