import { expect, test } from 'vitest';
import { isVersion, kernelArguments, parseMounts } from './guest-text.ts';

test('kernel arguments: without values, with quotes, with more than one =', () => {
  expect(kernelArguments('quiet root=live:CDLABEL=a dyndbg="file x +p"\n')).toEqual([
    ['quiet', undefined],
    ['root', 'live:CDLABEL=a'],
    ['dyndbg', 'file x +p'],
  ]);
});

test.each([
  ['257.9-1~deb13u1', '257', true],
  ['257.9-1~deb13u1', '257.9', true],
  ['2:5.0-1.fc44', '5.0', true],
  ['2:5.0-1.fc44', '2:5.0-1.fc44', true],
  ['257.9-1', '25', false],
  ['257.9-1', '257.9-2', false],
])('version %s is %s: %s', (installed, wanted, is) => {
  expect(isVersion(installed, wanted)).toBe(is);
});

test('mounts, with blanks in their names', () => {
  expect(parseMounts('/dev/sda1 /media/my\\040disk ext4 rw,noatime 0 0\n')).toEqual([
    { source: '/dev/sda1', path: '/media/my disk', fstype: 'ext4', options: ['rw', 'noatime'] },
  ]);
});
