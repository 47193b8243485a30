import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestWorkspace, testWorkspace } from '../workspace.ts';

// The shells themselves: what a Tab makes of a command line, typed into each of them on a terminal.
const program = resolve(import.meta.dirname, '../../bin/phyllome.js');
let workspace: TestWorkspace;
let env: Record<string, string>;

beforeAll(async () => {
  workspace = await testWorkspace();
  const bin = join(workspace.root, 'bin');
  await mkdir(bin);
  // Prints its words, but is the program where it is asked to complete.
  const echo = `#!/bin/sh\n[ "$1" = complete ] && exec ${process.execPath} ${program} "$@"\nprintf 'words:'; printf ' [%s]' "$@"; echo\n`;
  await writeFile(join(bin, 'phyllome'), echo, { mode: 0o755 });
  await symlink('ldhi.cfg', join(workspace.root, 'leaves/$(touch hacked).cfg'));
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout } = await workspace.phyllome(['completion', shell]);
    await writeFile(join(workspace.root, `phyllome.${shell}`), `${stdout}\n`);
  }
  const path = `${bin}${delimiter}${process.env['PATH'] ?? ''}`;
  env = { PATH: path, HOME: workspace.root, TERM: 'dumb', INPUTRC: '/dev/null', PS1: 'ready> ' };
});
afterAll(() => workspace[Symbol.asyncDispose]());

/** How each shell is started without anybody's configuration, and told of the completion. */
const shells = {
  bash: { argv: 'bash --norc --noprofile -i', prepare: 'source phyllome.bash' },
  zsh: {
    argv: 'zsh -f -i',
    prepare: "PS1='ready> '; unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; source phyllome.zsh",
  },
} as const;

/** Types lines into a shell on a terminal, a tab where there is a `\t`, and returns what `phyllome` was given by each. */
async function typed(shell: keyof typeof shells, lines: readonly string[]): Promise<string[]> {
  const { argv, prepare } = shells[shell];
  const terminal = spawn('script', ['-qfec', argv, '/dev/null'], {
    cwd: workspace.root,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const seen = async (text: string): Promise<void> => {
    while (!output.includes(text)) await once(terminal.stdout, 'data', { signal: AbortSignal.timeout(120_000) });
    output = output.slice(output.indexOf(text) + text.length);
  };
  const words: string[] = [];
  terminal.stdin.write(`${prepare}; echo prepa''red\n`);
  await seen('prepared');
  await seen('ready> ');
  for (const line of lines) {
    terminal.stdin.write(`${line}\n`);
    await seen('words: ');
    while (!output.includes('\n')) await once(terminal.stdout, 'data', { signal: AbortSignal.timeout(120_000) });
    // zsh takes the slash after a folder away when the line ends there.
    words.push(output.slice(0, output.indexOf('\n')).trim().replace(/\/\]$/u, ']'));
    await seen('ready> ');
  }
  terminal.stdin.end('exit\n');
  await once(terminal, 'close');
  return words;
}

/** A line with tabs, and the words that the program shall get. */
const lines: [string, string][] = [
  ['phyllome fla\tldhi', '[flatten] [ldhi]'],
  ['phyllome test-vm install-dha-e\t', '[test-vm] [install-dha-encrypted]'],
  ['phyllome build dhi --prof\tr\t', '[build] [dhi] [--profile] [release]'],
  ['phyllome build --profile=r\t', '[build] [--profile=release]'],
  ['phyllome flatten leaves/ldhi.c\t', '[flatten] [leaves/ldhi.cfg]'],
  ['phyllome flatten --output=leaves/ldhi.c\t', '[flatten] [--output=leaves/ldhi.cfg]'],
  ['phyllome verify accep\t', '[verify] [acceptance]'],
  ['phyllome explain flat/flat-ldhi.cfg:1\t', '[explain] [flat/flat-ldhi.cfg:1]'],
  ['phyllome check-console release.j\t', '[check-console] [release.json]'],
];

test('bash completes what is typed on a terminal', async () => {
  expect(
    await typed(
      'bash',
      lines.map(([line]) => line),
    ),
  ).toEqual(lines.map(([, words]) => words));
});

test('bash is offered every leaf that may be one, and no other', async () => {
  const script = `source phyllome.bash; compopt() { :; }; COMP_WORDS=(phyllome flatten ''); COMP_CWORD=2
    complete -p phyllome; _phyllome phyllome; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await execa('bash', ['--norc', '-c', script], { cwd: workspace.root, env });
  const [registered, ...offered] = stdout.split('\n');
  expect(registered).toBe('complete -F _phyllome phyllome');
  expect(offered).toContain('ldhi');
  expect(offered).toHaveLength(28);
});

test('outside a checkout nothing is offered, and nothing is said', async () => {
  const { stdout, stderr } = await execa('phyllome', ['complete', '--', 'build', ''], { cwd: '/', env });
  expect(stdout + stderr).toBe('words');
});

const missing = (shell: string): boolean => !['/usr/bin', '/bin'].some((folder) => existsSync(join(folder, shell)));
const without = (shell: string): string => (missing(shell) ? ` (left out: ${shell} is not installed; ./setup)` : '');

test.skipIf(missing('zsh'))(`zsh completes what is typed on a terminal${without('zsh')}`, async () => {
  expect(
    await typed(
      'zsh',
      lines.map(([line]) => line),
    ),
  ).toEqual(lines.map(([, words]) => words));
});

describe.skipIf(missing('fish'))(`fish${without('fish')}`, () => {
  test.each<[string, string[]]>([
    [
      'phyllome fla',
      ['flatten\twrite flat/flat-<leaf>.cfg of each leaf, of all when none is named; or print any kickstart, flat'],
    ],
    ['phyllome build --profile ', ['draft', 'release']],
    ['phyllome build --profile=r', ['--profile=release']],
    ['phyllome flatten ldhi', ['ldhi\tlive desktop hypervisor for Intel']],
    ['phyllome flatten leaves/ldhi.c', ['leaves/ldhi.cfg']],
    ['phyllome flatten --output=leaves/ldhi.c', ['--output=leaves/ldhi.cfg']],
    ['phyllome verify accep', ['acceptance/\tDirectory']],
  ])('offers of %j: %j', async (line, offered) => {
    const script = `source phyllome.fish; complete -C '${line}'`;
    const { stdout } = await execa('fish', ['--no-config', '-c', script], { cwd: workspace.root, env });
    expect(stdout.split('\n').map((one) => one.trimEnd())).toEqual(offered);
  });
});
