import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { runPhyllome } from '../workspace.ts';

const docs = resolve(import.meta.dirname, '../../../../docs');

test.each([
  [['man'], 'man/phyllome.1'],
  [['man', '--format', 'markdown'], 'commands.md'],
])('phyllome %j prints docs/%s, outside of a checkout too', async (args, file) => {
  const { exitCode, stdout, stderr } = await runPhyllome('/', args);
  expect(`${stdout}\n`).toBe(await readFile(join(docs, file), 'utf8'));
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
});
