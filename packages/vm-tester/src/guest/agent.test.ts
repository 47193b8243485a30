import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, temporaryDirectory } from '@phyllome/host';
import { execa } from 'execa';
import { expect, test } from 'vitest';

/** The part of the agent that reads what it is sent. */
const agent = readFileSync(join(import.meta.dirname, 'agent.sh'), 'utf8');
const reader = agent.slice(agent.indexOf('# So many bytes'), agent.indexOf('while read -r verb'));

const sizes = [3, 0, 4096, 5000, 70_000, 1];
const script = `${reader}
exec 3<&0
for size in ${sizes.join(' ')}; do take "$size" | wc -c; done
cat <&3`;
const input = `${sizes.map((size, index) => String(index).repeat(size)).join('')}rest`;

async function read(shell: string[], path: string): Promise<string[]> {
  const [program = 'sh', ...args] = shell;
  const { stdout } = await execa(program, [...args, '-c', script], { input, env: { PATH: path }, extendEnv: false });
  return stdout.split('\n').map((line) => line.trim());
}

const expected = [...sizes.map(String), 'rest'];

test('the agent reads a command, its input and no more', async () => {
  expect(await read(['sh'], process.env['PATH'] ?? '')).toEqual(expected);
});

test.skipIf(findProgram('busybox', process.env) === undefined)('also by the programs of BusyBox', async () => {
  await using directory = await temporaryDirectory('agent-');
  await execa('busybox', ['--install', '-s', directory.path]);
  expect(await read(['busybox', 'sh'], directory.path)).toEqual(expected);
});
