import { describe, expect, test } from 'vitest';

import { tree } from '../../test/support/tree.ts';
import { flatten } from '../flatten.ts';
import { type KickstartDiff, diffKickstarts, isSame } from './diff.ts';

const read = (text: string) => flatten('leaf.cfg', tree({ 'leaf.cfg': text })).kickstart;
const diff = (a: string, b: string): KickstartDiff => diffKickstarts(read(a), read(b));
/** Sets of changes as `- gone` and `+ added`. */
const marks = (changes: readonly { what: string; a?: unknown }[]): string[] =>
  changes.map(({ what, a }) => `${a === undefined ? '+' : '-'} ${what}`);

const SAMPLE = `lang en_US.UTF-8
bootloader --append="quiet iommu=pt" --timeout=1
part / --size=1000 --fstype=ext4
part /boot --size=500
services --enabled=a,b
repo --name=x --baseurl=http://x/
%packages --nocore
@core
nano
-vim
%end
%post --erroronfail
echo one
%end
%post
echo two
%end
`;

describe('kickstarts that mean the same', () => {
  test.each([
    ['themselves', SAMPLE],
    [
      'other quotes and option forms',
      SAMPLE.replace('--fstype=ext4', '--fstype "ext4"').replace('lang en_US', "lang 'en'_US"),
    ],
    ['comments', `# a comment\n${SAMPLE.replace('nano', 'nano # why')}`],
    ['another order', SAMPLE.replace(/lang.*\n/, '').replace('repo', 'lang en_US.UTF-8\nrepo')],
    ['another order of services', SAMPLE.replace('a,b', 'b,a')],
    ['kernel arguments in another order', SAMPLE.replace('quiet iommu=pt', 'iommu=pt  quiet')],
    ['packages in another order', SAMPLE.replace('nano\n-vim', '-vim\nnano')],
  ])('%s', (_, other) => {
    expect(isSame(diff(SAMPLE, other))).toBe(true);
  });
});

describe('what differs', () => {
  test('options of a command', () => {
    const { commands } = diff(SAMPLE, SAMPLE.replace('--size=1000', '--size=2000 --grow').replace('--timeout=1', ''));
    expect(commands.map(({ name, key, changes }) => ({ name, key, changes }))).toEqual([
      { name: 'bootloader', key: '', changes: [{ option: '--timeout', a: '1', b: undefined }] },
      {
        name: 'part',
        key: '/',
        changes: [
          { option: '--size', a: '1000', b: '2000' },
          { option: '--grow', a: undefined, b: '' },
        ],
      },
    ]);
  });

  test('commands that only one has, with their places', () => {
    const { commands } = diff(SAMPLE, SAMPLE.replace('part /boot --size=500', 'skipx'));
    expect(commands.map(({ name, key, a, b }) => [name, key, a?.at.line, b?.at.line])).toEqual([
      ['part', '/boot', 4, undefined],
      ['skipx', '', undefined, 4],
    ]);
  });

  test('repositories', () => {
    const { repos, commands } = diff(SAMPLE, SAMPLE.replace('http://x/', 'http://y/'));
    expect(repos.map(({ key, changes }) => [key, changes])).toEqual([
      ['x', [{ option: '--baseurl', a: 'http://x/', b: 'http://y/' }]],
    ]);
    expect(commands).toEqual([]);
  });

  test('services, kernel arguments and packages', () => {
    const other = SAMPLE.replace('a,b', 'b --disabled=c')
      .replace('quiet ', '')
      .replace('nano', '@core-two')
      .replace(' --nocore', '');
    const found = diff(SAMPLE, other);
    expect(marks(found.services)).toEqual(['- enabled a', '+ disabled c']);
    expect(marks(found.kernelArguments)).toEqual(['- quiet']);
    expect(marks(found.packages)).toEqual(['- %packages nocore', '- nano', '+ @core-two']);
    expect(found.commands).toEqual([]);
  });

  test('scripts, by their lines', () => {
    const { scripts } = diff(
      SAMPLE,
      SAMPLE.replace('echo one', 'echo one\necho more').replace('--erroronfail', '--nochroot'),
    );
    expect(scripts).toMatchObject([
      { type: 'post', options: ['---erroronfail', '+--nochroot'], lines: [' echo one', '+echo more'], length: 2 },
    ]);
  });

  test('scripts that moved', () => {
    const moved = SAMPLE.replace(/%post --erroronfail\necho one\n%end\n/, '') + '%post --erroronfail\necho one\n%end\n';
    expect(diff(SAMPLE, moved).scripts).toHaveLength(1);
  });

  test('other sections', () => {
    const { sections } = diff(SAMPLE, `${SAMPLE}%addon x --on\na\n%end\n`);
    expect(marks(sections)).toEqual(['+ %addon x --on\na']);
  });
});
