import { expect, test } from 'vitest';
import { releasesNamed } from './release-in-source.ts';

test.each([
  ['url --mirrorlist="https://m.example/mirrorlist?repo=fedora-44&arch=x"', ['fedora F44']],
  [
    'repo --name=fedora-44-updates --mirrorlist="https://m.example/?repo=updates-released-f44"',
    ['fedora F44', 'fedora F44'],
  ],
  ['url --url=https://m.example/pub/fedora/linux/releases/43/Everything/', ['fedora F43']],
  ['url --url=https://repo.almalinux.org/almalinux/10/BaseOS/x/os/', ['almalinux RHEL10']],
  ['url --url=https://m.example/almalinux/9.6/BaseOS/x/os/', ['almalinux RHEL9']],
  ['url --mirrorlist="https://mirrors.almalinux.org/mirrorlist/9/baseos"', ['almalinux RHEL9']],
  ['url --mirrorlist="https://mirrors.rockylinux.org/mirrorlist?arch=x&repo=BaseOS-9"', ['rocky RHEL9']],
  [
    'repo --name=rocky-10-appstream --baseurl=https://dl.example/pub/rocky/10/AppStream/',
    ['rocky RHEL10', 'rocky RHEL10'],
  ],
  ['url --metalink="https://mirrors.centos.org/metalink?repo=centos-baseos-10-stream&arch=x"', ['centos RHEL10']],
  ['url --url=https://mirror.example/9-stream/BaseOS/x/os/', ['centos RHEL9']],
  ['repo --name=epel --baseurl=https://dl.example/pub/epel/10z/Everything/', ['undefined RHEL10']],
  ['repo --name=own --baseurl=https://example.org/v2/9/', []],
  ['repo --name=rpmfusion --baseurl=https://example.org/free/el/updates/', []],
])('%s', (line, named) => {
  const found = releasesNamed(line).map(({ distribution, release }) => `${distribution} ${release}`);
  expect([...new Set(found)]).toEqual([...new Set(named)]);
  for (const { index, number } of releasesNamed(line)) expect(line.slice(index, index + number.length)).toBe(number);
});
