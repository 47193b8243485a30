import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { flatten } from '@phyllome/flattener';
import { expect, test } from 'vitest';
import { parseResolved, wantedOf } from './fedora.ts';

const root = resolve(import.meta.dirname, '../../../..');
const kickstart = (text: string) => flatten('a.ks', { readFile: () => text }).kickstart;

test('an edition asks DNF for its own repositories and selection', () => {
  const text = readFileSync(join(root, 'flat/flat-ldhi.cfg'), 'utf8');
  const { release, weakDependencies, repositories, install, excluded } = wantedOf(kickstart(text), '44');
  expect([release, weakDependencies]).toEqual(['44', false]);
  expect(repositories.map(({ name }) => name)).toEqual(['fedora-44-updates', 'source-1']);
  expect(repositories.every(({ mirrorlist }) => mirrorlist?.startsWith('https://'))).toBe(true);
  expect(install).toEqual(expect.arrayContaining(['@core', 'NetworkManager', 'gdm']));
  expect(new Set(install).size).toBe(install.length);
  expect(excluded.every((name) => !name.startsWith('-'))).toBe(true);
});

test('environments, groups, what is left out, and limits of repositories', () => {
  const text = `url --metalink=https://a.example/m
repo --name=more --baseurl=https://b.example/ --excludepkgs=a,b* --includepkgs=c
%packages --nocore
@^server
@one
-@two
bash
-nano
%end
`;
  expect(wantedOf(kickstart(text), '44')).toEqual({
    release: '44',
    weakDependencies: true,
    repositories: [
      { name: 'more', baseurl: 'https://b.example/', includepkgs: ['c'], excludepkgs: ['a', 'b*'] },
      { name: 'source-1', metalink: 'https://a.example/m', includepkgs: [], excludepkgs: [] },
    ],
    install: ['@^server', '@one', 'bash'],
    excluded: ['nano'],
  });
});

const said = ['warning: something', 'P bash 5.2.37-3.fc44 x86_64', 'P grub2-common 1:2.12-40.fc44 noarch', 'end'];

test('what DNF resolved is read', () => {
  expect(parseResolved(said)).toEqual([
    { name: 'bash', version: '5.2.37-3.fc44', arch: 'x86_64' },
    { name: 'grub2-common', version: '1:2.12-40.fc44', arch: 'noarch' },
  ]);
});

test.each([
  ['a problem', ['E No match for argument: nosuch', 'end'], 'No match for argument: nosuch'],
  ['an output that breaks off', said.slice(0, -1), 'warning: something'],
  ['no package at all', ['Curl error (6): Could not resolve host', 'end'], 'Could not resolve host'],
  ['what is no package', ['P $(id) 1 x86_64', 'end'], 'DNF cannot say'],
])('%s is an error in the words of DNF', (_, lines, words) => {
  expect(() => parseResolved(lines)).toThrow(expect.objectContaining({ code: 'PACKAGES_UNRESOLVED' }));
  expect(() => parseResolved(lines)).toThrow(words);
});
