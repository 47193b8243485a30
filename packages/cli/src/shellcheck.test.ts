import { chmod, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findShellcheck } from './shellcheck.ts';

/** What a program called shellcheck comes to; it answers --version, and reads scripts by `body`. */
async function checkWith(body: string, limits: { script: number; run: number }) {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'phyllome-shellcheck-test-'));
  const program = join(directory.path, 'shellcheck');
  await writeFile(program, `#!/bin/sh\n[ "$1" = --version ] && exit 0\n${body}\n`);
  await chmod(program, 0o755);
  const env = { PATH: `${directory.path}:${process.env['PATH']}` };
  const { check } = await findShellcheck(env, new AbortController().signal, limits);
  if (check === undefined) throw new Error('not found');
  return await Promise.all(['one', 'two', 'three', 'four', 'five'].map((script) => check(script)));
}

test('a script that it does not end with is not checked', async () => {
  const results = await checkWith('exec sleep 600', { script: 1000, run: 600_000 });
  expect(results).toEqual(Array.from({ length: 5 }, () => ({ unchecked: 'it did not end within 1 s' })));
}, 90_000);

test('scripts that come after the whole time is up are not checked', async () => {
  const results = await checkWith('exec sleep 600', { script: 2000, run: 1000 });
  expect(results.at(-1)).toEqual({ unchecked: 'other scripts took all of the 1 s there are' });
}, 90_000);

test('its own failure is reported, and no script counts as clean', async () => {
  const results = await checkWith('cat >/dev/null; exit 3', { script: 30_000, run: 60_000 });
  expect(results).toEqual(Array.from({ length: 5 }, () => ({ unchecked: 'it ended with exit code 3' })));
}, 90_000);
