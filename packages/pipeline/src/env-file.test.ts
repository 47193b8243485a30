import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openWorkspace } from './workspace.ts';

test("of an env file only this project's variables are taken, and no file that others may write", () => {
  const root = mkdtempSync(join(tmpdir(), 'phyllome-env-'));
  onTestFinished(() => {
    rmSync(root, { recursive: true });
    for (const name of ['PHYLLOME_TEST_A', 'PHYLLOME_TEST_B', 'PHYLLOME_TEST_C']) delete process.env[name];
  });
  mkdirSync(join(root, 'leaves'));
  writeFileSync(join(root, 'nx.json'), '{}');
  const file = join(root, '.env.local');
  const notes: string[] = [];
  const open = (): unknown => openWorkspace(root, (text) => notes.push(text));

  writeFileSync(file, 'PHYLLOME_TEST_A=one\nPHYLLOME_LD=x\nLD_PRELOAD_TEST=/tmp/evil.so\nNODE_OPTIONS_TEST=x\n');
  chmodSync(file, 0o644);
  open();
  expect(process.env['PHYLLOME_TEST_A']).toBe('one');
  expect(process.env['LD_PRELOAD_TEST']).toBeUndefined();
  expect(notes).toEqual([]);

  writeFileSync(file, 'PHYLLOME_TEST_B=two\n');
  chmodSync(file, 0o666);
  open();
  expect(process.env['PHYLLOME_TEST_B']).toBeUndefined();
  expect(notes).toEqual([`note: ${file} may be written by other users: it is not read`]);

  rmSync(file);
  writeFileSync(join(root, 'elsewhere'), 'PHYLLOME_TEST_C=three\n');
  symlinkSync('elsewhere', file);
  open();
  expect(process.env['PHYLLOME_TEST_C']).toBeUndefined();
  expect(notes[1]).toBe(`note: ${file} is not a regular file: it is not read`);
});
