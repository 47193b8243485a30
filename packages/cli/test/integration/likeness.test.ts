import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { connectEngine, type Engine } from '@phyllome/iso-builder';
import { rehearsalBuilder } from '@phyllome/rehearsal';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startContainer } from '../container.ts';

// Rows of the table "The same, different, and why" in containers/rehearsal/README.md that take a container to show.
const root = resolve(import.meta.dirname, '../../../..');
const builder = rehearsalBuilder(resolve(root, 'containers'));
let engine: Engine;
beforeAll(async () => {
  engine = await connectEngine({ env: process.env });
});
afterAll(() => engine[Symbol.asyncDispose]());

/** livemedia-creator as the container's first process, as in a build; a step of the shell before becomes it. */
const livemediaCreator = (...more: string[]): string[] => [
  'sh',
  '-c',
  `printf %s "$KICKSTART" >/flat.cfg; exec livemedia-creator --make-iso --no-virt --nomacboot --ks=/flat.cfg \
     --resultdir=/result --logfile=/logs/livemedia.log --compression=zstd "$@"`,
  'livemedia-creator',
  ...more,
];

const waiting = `url --url=http://example.invalid/
network --bootproto=dhcp
part / --size=2048
%packages
dracut-live
%end
%pre
echo waiting
touch /waiting
sleep 1000
%end
`;

test('as first process it ignores SIGTERM, as lorax does, and ends with 130 at SIGINT, leaving the logs', async () => {
  await using container = await startContainer(engine, builder, livemediaCreator(), { env: [`KICKSTART=${waiting}`] });
  const log = (): Promise<string> => container.read('/logs/livemedia.log');
  await expect.poll(() => container.output(), { timeout: 60_000 }).toContain('Running pre-installation scripts');
  await container.kill('SIGTERM');
  await expect.poll(log, { timeout: 60_000 }).toContain('SIGTERM is ignored');
  expect(container.output()).not.toContain('KeyboardInterrupt');

  await container.kill('SIGINT');
  expect(await container.exitCode()).toBe(130);
  expect(container.output()).toMatch(/KeyboardInterrupt\s*$/);
  expect(await log()).toContain('Running pre-installation scripts');
  await expect(container.read('/result')).rejects.toMatchObject({ statusCode: 404 });
});

test('a full --tmp is reported as lorax reports it, and only program.log says why', async () => {
  // The packages of the kickstart with every command: an earlier test may have left them in the cache.
  const kickstart = await readFile(resolve(root, 'packages/rehearsal/test/every-command/every-command.cfg'), 'utf8');
  await using container = await startContainer(engine, builder, livemediaCreator('--tmp=/small'), {
    env: [`KICKSTART=${kickstart}`],
    tmpfs: { '/small': 'size=8m' },
  });
  expect(await container.exitCode(), container.output()).toBe(1);
  const lines = container
    .output()
    .trim()
    .split('\n')
    .map((line) => line.replace(/^[\d:, -]+: /, ''));
  expect(lines.slice(-2)).toEqual([
    'make_runtime failed with rc = 1. See program.log',
    'make_runtime failed with rc = 1',
  ]);
  expect(await container.read('/logs/program.log')).toContain('Failed to write to output filesystem');
});

test('a system that does not fit into `part /` is not installed', async () => {
  const small = waiting.replace('--size=2048', '--size=100').replace(/%pre.*/su, '');
  await using container = await startContainer(engine, builder, livemediaCreator(), { env: [`KICKSTART=${small}`] });
  expect(await container.exitCode(), container.output()).toBe(1);
  expect(container.output()).toMatch(
    /The exact error message is:\s.*No space left on device.*Not enough disk space on \//su,
  );
});
