import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { describeLine, flattenLeaf } from './flat.ts';

const leaves: Record<string, string> = {
  'release.json': readFileSync(resolve(import.meta.dirname, '../../../release.json'), 'utf8'),
  'leaves/x.cfg': '%include blocks/user.cfg\nskipx\n',
  'leaves/blocks/user.cfg': '%post\nuseradd liveuser\n%end\n',
};
const workspace = {
  root: '/',
  leaves: ['x'],
  readFile: (path: string) => leaves[path],
  readDirectory: () => undefined,
};

test("an installer's line number becomes a line of a leaf", () => {
  const flat = flattenLeaf(workspace, 'x');
  const line = flat.text.split('\n').indexOf('useradd liveuser') + 1;
  expect(describeLine(flat, line)).toEqual([
    `flat/flat-x.cfg:${line} | useradd liveuser`,
    '  comes from leaves/blocks/user.cfg:2:1',
    '  included from leaves/x.cfg:1:1',
  ]);
});

test('a line that the flat kickstart does not have is not a line of a leaf', () => {
  expect(describeLine(flattenLeaf(workspace, 'x'), 1000)).toEqual([]);
});
