import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { requireNoConfiguration } from './misplaced-files.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'misplaced-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  put('leaves/l.cfg');
});

function put(path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), '');
}

test.each([
  ['leaves/l/.env', /would set the environment/u],
  ['leaves/l/.env.local', /would set the environment/u],
  ['leaves/l/.local.env', /would set the environment/u],
  ['leaves/l/.flatten.env', /would set the environment/u],
  ['leaves/l/.env.flatten.draft.local', /would set the environment/u],
  ['leaves/blocks/.ENV', /would set the environment/u],
  ['leaves/l/project.json', /may be the configuration of a program/u],
  ['leaves/a/b/c/Project.JSON', /may be the configuration of a program/u],
  ['leaves/package.json', /may be the configuration of a program/u],
  ['flat/x/project.json', /may be the configuration of a program/u],
  ['flat/lint.json.json', /may be the configuration of a program/u],
])('%s is refused', (path, why) => {
  put(path);
  expect(() => requireNoConfiguration(root)).toThrow(
    expect.objectContaining({ code: 'FILE_MISPLACED', message: expect.stringMatching(why) }),
  );
});

test('a link with such a name, and one to a directory elsewhere, are refused', () => {
  mkdirSync(join(root, 'leaves/l'));
  symlinkSync('../l.cfg', join(root, 'leaves/l/.env'));
  symlinkSync(tmpdir(), join(root, 'leaves/ld'));
  expect(() => requireNoConfiguration(root)).toThrow(
    /^leaves\/l\/\.env would set .*\nleaves\/ld is a link to \/.*, a directory outside of the workspace$/u,
  );
});

test('kickstarts, scripts, notes, the settings of lint, source maps and what editors leave stay', () => {
  for (const path of [
    'leaves/blocks/desktop/gnome.cfg',
    'leaves/blocks/script.sh',
    'leaves/README.md',
    'leaves/lint.json',
    'leaves/blocks/lint.json',
    'leaves/.l.cfg.swp',
    'leaves/environment.cfg',
    'flat/flat-l.cfg',
    'flat/flat-l.cfg.map.json',
    'packages/cli/project.json',
    '.env.local',
  ])
    put(path);
  // It leads to itself.
  symlinkSync('../leaves', join(root, 'leaves/again'));
  symlinkSync('nowhere', join(root, 'leaves/nowhere'));
  expect(() => requireNoConfiguration(root)).not.toThrow();
});
