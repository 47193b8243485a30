import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isName } from '@phyllome/host/names';
import { expect, test } from 'vitest';
import { distPath, editionOf, installedBy, installerOf, isLive, leafNameProblem, nxOf, projectOf } from './leaves.ts';
import { volidOf } from './volid.ts';

const leaves = globSync('leaves/*.cfg', { cwd: join(import.meta.dirname, '../../..') }).map((path) =>
  basename(path, '.cfg'),
);

test('every ISO of every leaf has a volume id of its own that ISO 9660 has room for', () => {
  const names = leaves.map((leaf) => (isLive(leaf) ? editionOf(leaf) : installerOf(leaf)));
  const ids = names.flatMap((name) =>
    [true, false].map((rehearsal) => volidOf(name, { version: 44, volumeId: 'Phyllome' }, rehearsal)),
  );
  expect(ids.filter((id) => !isName('volume id', id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThan(50);
});

test('an installer medium says what it is, and a rehearsal that it is one', () => {
  expect(volidOf('install-dhi-encrypted', { version: 44, volumeId: 'Phyllome' }, true)).toBe(
    'Phyllome-dhi-enc-44-i-rehearsal',
  );
  expect(volidOf('dhi', { version: 44, volumeId: 'Phyllome' }, false)).toBe('Phyllome-dhi-44');
});

test('installer media are called like their Nx projects, and are beside live ISOs', () => {
  expect([installerOf('dhi'), installedBy('install-dhi'), installedBy('dhi')]).toEqual([
    'install-dhi',
    'dhi',
    undefined,
  ]);
  expect(['dhi', 'install-dhi'].map(projectOf)).toEqual(['iso-dhi', 'install-dhi']);
  expect(['dhi', 'install-dhi'].map((iso) => nxOf('build', iso))).toEqual([
    'pnpm nx build iso-dhi',
    'pnpm nx installer install-dhi',
  ]);
  expect(['dhi', 'install-dhi'].map(distPath)).toEqual(['dist/iso-dhi', 'dist/installer-dhi']);
});

test.each(['install-s', 'linstall-s'])('a leaf cannot be called %s: an installer medium is', (leaf) => {
  expect(leafNameProblem(leaf)).toMatch(/installer media/u);
});
