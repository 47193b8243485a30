import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPassphrase } from './passphrase.ts';

test.each([
  ['correct horse\n', 'correct horse'],
  [' spaces are part of it \n', ' spaces are part of it '],
  ['one\ntwo\n', 'one'],
  ['no line end', 'no line end'],
])('of %j the passphrase is %j', async (text, passphrase) => {
  await using at = await mkdtempDisposable(join(tmpdir(), 'passphrase-'));
  const path = join(at.path, 'passphrase');
  await writeFile(path, text);
  expect(await readPassphrase(path)).toBe(passphrase);
});

test('a file without one, and one that is not there, are usage errors', async () => {
  await using at = await mkdtempDisposable(join(tmpdir(), 'passphrase-'));
  const path = join(at.path, 'passphrase');
  await writeFile(path, '\nsecond line\n');
  await expect(readPassphrase(path)).rejects.toMatchObject({ code: 'BAD_OPTION' });
  await expect(readPassphrase(join(at.path, 'none'))).rejects.toMatchObject({ code: 'BAD_OPTION' });
  expect(await readPassphrase(undefined)).toBeUndefined();
});
