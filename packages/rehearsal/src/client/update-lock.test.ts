import { expect, test } from 'vitest';
import { parsePackageList } from './update-lock.ts';

test("reads what apt answered: each set's packages, then the digests of all", () => {
  const { sets, digests } = parsePackageList(
    [
      'W: something that mmdebstrap says',
      '== set',
      'Inst xorriso (1.5.6 Debian:13.8/stable [amd64])',
      'Inst apt (3.0.4 Debian:13.8/stable [amd64])',
      '== set',
      '== digests',
      'Package: apt',
      'Version: 3.0.4',
      'SHA256: 11',
      'Package: xorriso',
      'SHA256: 22',
      'Version: 1.5.6',
      '',
    ].join('\n'),
  );
  expect(sets).toEqual([
    [
      { name: 'apt', version: '3.0.4' },
      { name: 'xorriso', version: '1.5.6' },
    ],
    [],
  ]);
  expect(digests.get('apt 3.0.4')).toBe('11');
});
