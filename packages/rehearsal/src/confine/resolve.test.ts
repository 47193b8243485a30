import { lstatSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test, onTestFinished } from 'vitest';
import { resolveIn } from './resolve.ts';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'resolve-')));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'etc'));
  writeFileSync(join(root, 'etc/passwd'), 'of the system\n');
});

function link(path: string, to: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(to, join(root, path));
}

/** Where it is, relative to the system. */
async function resolved(inside: string, followLast = true): Promise<string> {
  const found = await resolveIn(root, inside, { followLast });
  expect(found === root || found.startsWith(`${root}/`)).toBe(true);
  return found.slice(root.length) || '/';
}

describe('a path of the installed system', () => {
  test.each([
    ['etc/passwd', '/etc/passwd'],
    ['/etc/passwd', '/etc/passwd'],
    ['/etc/../etc/./passwd', '/etc/passwd'],
    ['../../../etc/passwd', '/etc/passwd'],
    ['/', '/'],
    ['..', '/'],
    ['not/there/yet', '/not/there/yet'],
  ])('%s is %s', async (inside, found) => {
    expect(await resolved(inside)).toBe(found);
  });

  test.each([
    ['an absolute link', '/etc'],
    ['a link with more .. than there are directories', '../../../../../../../../etc'],
    ['a link by way of a directory that is not there', 'nowhere/../etc'],
  ])('%s leads to the same directory as inside', async (_, to) => {
    link('a/link', to);
    expect(await resolved('a/link/passwd')).toMatch(/^(?:\/etc|\/a\/etc)\/passwd$/u);
  });

  test('links of links are followed as inside', async () => {
    link('one', '/a/two');
    link('a/two', '../b/three');
    link('b/three', '/etc');
    expect(await resolved('one/passwd')).toBe('/etc/passwd');
    expect(await resolved('one')).toBe('/etc');
  });

  test('the last part is not followed unless that is asked for', async () => {
    link('a/link', '/etc/passwd');
    expect(await resolved('a/link', false)).toBe('/a/link');
    expect(lstatSync(await resolveIn(root, 'a/link')).isSymbolicLink()).toBe(true);
    expect(await resolved('a/link')).toBe('/etc/passwd');
  });

  test('a file in the middle is taken as it is written', async () => {
    expect(await resolved('etc/passwd/shadow')).toBe('/etc/passwd/shadow');
  });

  test.each([
    ['itself', 'itself'],
    ['itself/more', 'itself/more'],
  ])('a circle ends: %s', async (inside, to) => {
    link('itself', to);
    await expect(resolveIn(root, inside, { followLast: true })).rejects.toMatchObject({ code: 'ELOOP' });
  });

  test('40 links are followed, as by the kernel, and no more', async () => {
    for (let number = 0; number < 41; number += 1) link(`${number}`, `${number + 1}`);
    expect(await resolved('1')).toBe('/41');
    await expect(resolveIn(root, '0', { followLast: true })).rejects.toMatchObject({ code: 'ELOOP' });
  });

  test('agrees with the kernel where links stay inside', async () => {
    link('usr/bin', '../etc/alternatives');
    link('etc/alternatives/editor', '../../opt/./editor/bin');
    mkdirSync(join(root, 'opt/editor/bin'), { recursive: true });
    for (const inside of ['usr/bin/editor', 'usr/bin/../passwd', 'usr/bin/editor/..'])
      expect(await resolveIn(root, inside, { followLast: true })).toBe(realpathSync.native(`${root}/${inside}`));
  });
});
