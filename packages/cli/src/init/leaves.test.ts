import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lint } from '@phyllome/flattener/lint';
import { kickstartRelease, openWorkspace, parseTarget, readRelease } from '@phyllome/pipeline';
import { expect, test } from 'vitest';
import { makeWorkspace } from './init.ts';
import { namesOf } from './names.ts';

test.each([
  ['fedora:44', 'F44', 'livesys-scripts', 'liveuser'],
  ['fedora:43', 'F43', 'livesys-scripts', 'liveuser'],
  ['almalinux:9', 'RHEL9', 'syslinux', 'user --name=live'],
  ['almalinux:10', 'RHEL10', 'almalinux-10-appstream', 'user --name=live'],
  ['rocky:9', 'RHEL9', 'rocky-logos', 'user --name=live'],
  ['rocky:10', 'RHEL10', 'repo=AppStream-10', 'user --name=live'],
  ['centos:9', 'RHEL9', 'centos-baseos-9-stream', 'user --name=live'],
  ['centos:10', 'RHEL10', 'centos-baseos-10-stream', 'user --name=live'],
] as const)('the leaves of a new workspace for %s are right in %s', async (text, dialect, own, user) => {
  const target = parseTarget(text);
  if (typeof target === 'string') throw new Error(target);
  await using directory = await mkdtempDisposable(join(tmpdir(), 'phyllome-leaves-'));
  const root = join(directory.path, 'my-remix');
  const made = await makeWorkspace({ directory: root, names: namesOf({ name: 'my-remix' }), target, now: new Date() });
  expect([made.flattened, made.broken.size]).toEqual([['lbase'], 0]);
  const workspace = openWorkspace(root);
  const release = readRelease(workspace);
  expect([release.distribution, kickstartRelease(release)]).toEqual([target.distribution, dialect]);
  const leaves = [{ path: 'leaves/lbase.cfg', live: true, blocks: true }];
  expect(await lint({ leaves, readFile: workspace.readFile, release: dialect })).toEqual([]);
  const flat = await readFile(join(root, 'flat/flat-lbase.cfg'), 'utf8');
  expect(flat).toContain(own);
  expect(flat).toContain(user);
  // Nothing of Fedora's is in what is not for Fedora: neither its packages, nor its servers, nor its folder.
  const files = await readFile(join(root, 'README.md'), 'utf8');
  const config = await readFile(join(root, '.gitignore'), 'utf8');
  const isFedora = target.distribution === 'fedora';
  expect(/fedora(?!")/iu.test((flat + files + config).replace(/'[a-z ]*rhel fedora'/u, ''))).toBe(isFedora);
  expect(await readFile(join(root, `containers/${target.distribution}/Containerfile`), 'utf8')).toContain('ARG BASE');
});
