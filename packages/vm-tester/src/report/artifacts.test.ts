import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Artifacts } from './artifacts.ts';

test('of a flood the beginning is kept, and the end, in which a failure shows', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-artifacts-'));
  const block = `${'flood '.repeat(10)}\n`.repeat(20_000);
  using artifacts = new Artifacts(directory.path);
  artifacts.append('serial.log', 'the first line\n');
  for (let index = 0; index < 80; index++) artifacts.append('serial.log', block);
  artifacts.append('serial.log', 'the last line\n');
  artifacts.append('journal.json', 'of another stream\n');
  artifacts.write('verdict.json', '{}');
  const kept = await readFile(join(directory.path, 'serial.log'), 'utf8');
  expect(kept.length).toBeLessThan(20_000_000);
  expect(kept.startsWith('the first line\n')).toBe(true);
  expect(kept.endsWith('the last line\n')).toBe(true);
  expect(kept).toMatch(/\n… \d+ characters were not kept\nflood /u);
  expect(await readFile(join(directory.path, 'journal.json'), 'utf8')).toBe('of another stream\n');
});
