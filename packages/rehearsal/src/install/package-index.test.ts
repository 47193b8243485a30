import { expect, test } from 'vitest';
import { simulated, versionsOnOffer } from './package-index.ts';

test('reads what apt would install, sorted', () => {
  const lines = [
    'Reading package lists...',
    'Inst libc6 (2.41-12+deb13u5 Debian:13.8/stable [amd64]) []',
    'Inst adduser (3.152 Debian:13.8/stable [all])',
    'Inst bsdutils [1:2.40] (1:2.41.5-0+deb13u1 Debian:13.8/stable [amd64])',
    'Conf adduser (3.152 Debian:13.8/stable [all])',
  ];
  expect(simulated(lines)).toEqual([
    { name: 'adduser', version: '3.152' },
    { name: 'bsdutils', version: '1:2.41.5-0+deb13u1' },
    { name: 'libc6', version: '2.41-12+deb13u5' },
  ]);
});

test('reads which versions are on offer, without sources', () => {
  const lines = [
    'linux-base | 4.12.1+deb13u1 | http://a.invalid trixie-security/main amd64 Packages',
    'linux-base | 4.12.1 | http://a.invalid trixie/main amd64 Packages',
    'linux-base | 4.12.1 | http://b.invalid trixie/main amd64 Packages',
    'linux-base | 4.12 | http://a.invalid trixie/main Sources',
  ];
  expect(versionsOnOffer(lines)).toEqual(new Map([['linux-base', ['4.12.1+deb13u1', '4.12.1']]]));
});
