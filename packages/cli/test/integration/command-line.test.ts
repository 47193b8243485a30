import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import project from '../../package.json' with { type: 'json' };
import { runPhyllome, testWorkspace } from '../workspace.ts';

const recordings = join(import.meta.dirname, '../../../installer/test/recorded/anaconda-44');

const help = async (...args: string[]): Promise<string> =>
  (await runPhyllome(tmpdir(), [...args, '--help'], { COLUMNS: '200' })).stdout;

test('every command says what it does, and what each of its arguments and options is', async () => {
  const commands = (await help()).split('\nCommands:\n')[1]?.match(/(?<=^ {2})[a-z-]+/gmu) ?? [];
  expect(commands).toEqual(expect.arrayContaining(['flatten', 'build', 'test-vm', 'deploy', 'clean']));
  for (const command of commands.filter((name) => name !== 'help')) {
    const [text = '', examples = ''] = (await help(command)).split('\nExamples:\n');
    expect(text).toContain(`Usage: phyllome ${command}`);
    const bare = text.match(/^ {2}\S.*$/gmu)?.filter((line) => !/^ {2}\S.*? {2,}[^( ]/u.test(line));
    expect(bare, `${command} --help`).toEqual([]);
    expect(text).not.toContain('default: false');
    expect(examples, `${command} --help`).toContain(`phyllome ${command}`);
  }
});

test('what is wrong with the line of a command points at the help of that command', async () => {
  const { stderr, exitCode } = await runPhyllome(tmpdir(), ['explain']);
  expect(stderr).toContain(
    "error[BAD_ARGUMENTS] missing required argument 'file:line|code'\n  hint: phyllome explain --help",
  );
  expect(exitCode).toBe(2);
});

test('--version is the version of this package', async () => {
  expect(await runPhyllome(tmpdir(), ['--version'])).toMatchObject({ stdout: project.version, exitCode: 0 });
});

test('--json is short for --format json, wherever there is a format', async () => {
  await using workspace = await testWorkspace();
  for (const args of [
    ['lint', 'l'],
    ['lint', '--rules'],
    ['diff', 'l', 'ln'],
    ['explain', 'flat/flat-l.cfg:4'],
    ['check-console', 'nx.json'],
    ['explain-failure', join(recordings, 'post-fails')],
    ['explain-failure', recordings],
    ['editions', 'l'],
    ['rehearse', '--coverage', 'l'],
  ]) {
    const { stdout } = await workspace.phyllome([...args, '--json']);
    expect(typeof JSON.parse(stdout), args.join(' ')).toBe('object');
  }
});

test('explain-failure says what failed, with the line of the leaf, and that nothing did', async () => {
  await using workspace = await testWorkspace();
  const failed = await workspace.phyllome(['explain-failure', join(recordings, 'updates-unreachable'), '--json']);
  expect(JSON.parse(failed.stdout)).toMatchObject({
    outcome: 'failed',
    cause: 'mirror',
    headline: expect.stringContaining('for repository "fedora-44-updates"') as unknown,
    kickstart: { file: 'kickstart.cfg', line: 13 },
    leaf: { path: expect.stringMatching(/^leaves\//u) as unknown },
  });
  expect(failed.exitCode).toBe(0);
  const succeeded = await workspace.phyllome(['explain-failure', join(recordings, 'success')]);
  expect(succeeded).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('the build succeeded') as unknown });
  const table = (await workspace.phyllome(['explain-failure', recordings])).stdout.trim().split('\n');
  expect(table).toHaveLength(13);
});

test('explain-failure of what has no logs is a usage error', async () => {
  for (const directory of ['.', '/nowhere'])
    expect(await runPhyllome(import.meta.dirname, ['explain-failure', directory])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('error[BAD_PLACE]') as unknown,
    });
});
