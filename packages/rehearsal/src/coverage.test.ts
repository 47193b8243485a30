import { globSync, existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { flatten } from '@phyllome/flattener';
import { describe, expect, test } from 'vitest';
import { coverageOf, shareOf } from './coverage.ts';
import table from './install/counterparts.json' with { type: 'json' };

const read = (text: string) => flatten('t.cfg', { readFile: () => text }).kickstart;

describe('coverageOf', () => {
  const coverage = coverageOf(
    read(`url --url=http://example.org
lang en_US.UTF-8
selinux --enforcing
services --enabled=gdm,virtqemud.socket --disabled=sshd
part / --size=1024
poweroff
%packages
@core
NetworkManager
shim-x64
%end
%post
true
%end
`),
  );

  test('counts a package that something stands in for, and tells why nothing does', () => {
    expect(coverage.packages).toEqual([
      { text: 'NetworkManager', line: 9, exercised: true, debian: ['network-manager'] },
      { text: 'shim-x64', line: 10, exercised: false, debian: [], why: expect.stringContaining('not signed') },
    ]);
    expect(shareOf(coverage.packages)).toEqual({ exercised: 1, all: 2 });
    expect(coverage.groups).toMatchObject([{ text: '@core', exercised: true }]);
  });

  test('counts units by their own names', () => {
    expect(coverage.services.map(({ text, debian }) => [text, debian])).toEqual([
      ['gdm', ['gdm3']],
      ['virtqemud.socket', ['libvirtd.socket']],
      ['sshd', ['ssh']],
    ]);
  });

  test('counts a command that the built system differs by', () => {
    const exercised = coverage.commands.filter((item) => item.exercised).map(({ text }) => text.split(' ')[0]);
    expect(exercised).toEqual(['lang', 'services']);
    expect(coverage.commands.filter((item) => !item.exercised && item.why === undefined)).toEqual([]);
  });

  test('counts the storage, the boot loader and the end of an installation, where a disk is installed', () => {
    const lines = [
      'text',
      'zerombr',
      'clearpart --all',
      'part / --size=1024',
      'bootloader --timeout=1',
      'reboot',
      'url --mirrorlist=https://m.example/?repo=fedora-44',
      'repo --name=updates',
      'repo --name=more --baseurl=http://a.example',
      'selinux --enforcing',
    ];
    const idle = (kind: 'live' | 'installed') =>
      coverageOf(read(`${lines.join('\n')}\n`), kind)
        .commands.filter((item) => !item.exercised)
        .map(({ text }) => text.split(' ')[0]);
    expect(idle('installed')).toEqual(['repo', 'selinux']);
    expect(idle('live')).toEqual(expect.arrayContaining(['url', 'zerombr', 'clearpart', 'part', 'reboot']));
  });

  test('counts scripts, which run as they are', () => {
    expect(coverage.scripts).toEqual([{ text: '%post', line: 12, exercised: true, debian: [] }]);
  });
});

describe('of the leaves that install a disk', () => {
  const root = resolve(import.meta.dirname, '../../..');
  const flats = globSync('flat/flat-*.cfg', { cwd: root }).filter((path) => !path.startsWith('flat/flat-l'));

  test.each(flats)('%s has nine of ten commands exercised, or more', (path) => {
    const { exercised, all } = shareOf(
      coverageOf(read(readFileSync(resolve(root, path), 'utf8')), 'installed').commands,
    );
    expect(exercised / all).toBeGreaterThanOrEqual(0.9);
  });

  test('there are some', () => {
    expect(flats.length).toBeGreaterThan(10);
  });
});

describe('the table of counterparts', () => {
  const root = resolve(import.meta.dirname, '../../..');
  const readFile = (path: string): string | undefined =>
    existsSync(resolve(root, path)) ? readFileSync(resolve(root, path), 'utf8') : undefined;
  const leaves = globSync('leaves/*.cfg', { cwd: root });
  const asked = leaves.map((leaf) => coverageOf(flatten(leaf, { readFile, blocks: true }).kickstart));

  test('has a reason for every gap', () => {
    for (const part of [table.groups, table.packages, table.services]) {
      const silent = Object.entries<{ debian: string[]; why?: string }>(part).filter(
        ([, { debian, why }]) => debian.length === 0 && !why,
      );
      expect(silent).toEqual([]);
    }
  });

  test('has every package, group and service that a leaf names', () => {
    for (const kind of ['packages', 'groups', 'services'] as const) {
      const names = new Set(asked.flatMap((coverage) => coverage[kind].map(({ text }) => text.replace('@', ''))));
      expect([...names].filter((name) => !Object.hasOwn(table[kind], name))).toEqual([]);
    }
  });
});
