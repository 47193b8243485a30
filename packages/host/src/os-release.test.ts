import { expect, test } from 'vitest';
import { parseOsRelease, readOsRelease } from './os-release.ts';

test.each([
  ['ID=fedora\nVERSION_ID=44\n', { ID: 'fedora', VERSION_ID: '44' }],
  ['PRETTY_NAME="Fedora Linux 44 (Server Edition)"\n', { PRETTY_NAME: 'Fedora Linux 44 (Server Edition)' }],
  ["ID_LIKE='rhel centos'\n", { ID_LIKE: 'rhel centos' }],
  [String.raw`NAME="The \"best\" \$1"`, { NAME: 'The "best" $1' }],
  ['# ID=comment\nID=arch \n\nnot a line\n', { ID: 'arch' }],
  ['NAME="never closed\n', { NAME: '"never closed' }],
  ['', {}],
])('%j', (text, expected) => {
  expect(parseOsRelease(text)).toEqual(expected);
});

test('this machine has an identity, or none, but never fails', async () => {
  expect(typeof (await readOsRelease())).toBe('object');
});
