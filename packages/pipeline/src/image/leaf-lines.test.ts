import { flatten } from '@phyllome/flattener';
import { expect, test } from 'vitest';
import { withLeafLines } from './leaf-lines.ts';

const files: Record<string, string> = {
  'leaves/l.cfg': '%include blocks/security.cfg\npoweroff\n',
  'leaves/blocks/security.cfg': '# hardened\n\nselinux --enforcing\n',
};
const flat = flatten('leaves/l.cfg', { readFile: (path) => files[path] });

test('lines of the flat kickstart are named by the leaf that has them', () => {
  const line = flat.text.split('\n').indexOf('selinux --enforcing') + 1;
  const report = {
    withoutCounterpart: [
      { text: 'selinux', line },
      { text: 'a line that nobody wrote', line: 999 },
    ],
    n: 1,
  };
  expect(withLeafLines(report, flat.origins)).toEqual({
    withoutCounterpart: [
      { text: 'selinux', line, leaf: 'leaves/blocks/security.cfg:3' },
      { text: 'a line that nobody wrote', line: 999 },
    ],
    n: 1,
  });
});

test('a builder without a report has none with leaves', () => {
  expect(withLeafLines(undefined, flat.origins)).toBeUndefined();
});
