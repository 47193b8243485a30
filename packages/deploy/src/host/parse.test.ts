import { parseOsRelease } from '@phyllome/host';
import { describe, expect, test } from 'vitest';
import { parseCpuinfo } from './cpuinfo.ts';
import { distributionOf } from './distribution.ts';
import { installCommand } from './packages.ts';
import { groupsOf, nestedSettings, parseNetInfo } from './parse.ts';

const cpuinfo = (vendor: string, model: string, flags: string): string =>
  `processor\t: 0\nvendor_id\t: ${vendor}\nmodel name\t: ${model}\nflags\t\t: fpu ${flags} sse\nvmx flags\t: vnmi\nbugs\t\t:\n\nprocessor\t: 1\n`;

describe('/proc/cpuinfo', () => {
  test.each([
    ['GenuineIntel', 'Intel Core', 'vmx ept', { vendor: 'intel', model: 'Intel Core', flags: ['vmx', 'ept'] }],
    ['AuthenticAMD', 'AMD Ryzen', 'svm npt', { vendor: 'amd', model: 'AMD Ryzen', flags: ['svm', 'npt'] }],
    ['GenuineIntel', 'Xeon', 'hypervisor', { vendor: 'intel', model: 'Xeon', flags: ['hypervisor'] }],
    ['CentaurHauls', 'VIA', 'vmx', { vendor: 'other', model: 'VIA', flags: ['vmx'] }],
  ])('%s with %s', (vendor, model, flags, expected) => {
    expect(parseCpuinfo(cpuinfo(vendor, model, flags))).toEqual(expected);
  });

  test('of another architecture tells nothing', () => {
    expect(parseCpuinfo('processor\t: 0\nBogoMIPS\t: 48.00\n')).toMatchObject({ vendor: 'other', flags: [] });
  });
});

describe('os-release', () => {
  test.each([
    ['NAME="Fedora Linux"\nVERSION_ID=44\nID=fedora\nPRETTY_NAME="Fedora Linux 44 (Server Edition)"\n', 'fedora', '44'],
    ['ID=rocky\nID_LIKE=\'rhel centos fedora\'\nVERSION_ID="9.4"\n', 'fedora', '9.4'],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="22"\n', 'debian', '22'],
    ['ID=opensuse-tumbleweed\nID_LIKE="opensuse suse"\n', 'suse', undefined],
    ['ID=arch\n', 'arch', undefined],
    ['ID=exotic\n', undefined, undefined],
    ['', undefined, undefined],
  ])('%j', (text, family, versionId) => {
    expect(distributionOf(parseOsRelease(text))).toMatchObject({ family, versionId });
  });
});

test.each([
  ['fedora', 'sudo dnf install virt-install edk2-ovmf'],
  ['debian', 'sudo apt install virtinst ovmf'],
  ['arch', 'sudo pacman -S virt-install edk2-ovmf'],
  ['suse', 'sudo zypper install virt-install qemu-ovmf-x86_64'],
] as const)('packages of %s', (family, command) => {
  expect(installCommand({ name: 'x', id: 'x', family }, ['virt-install', 'ovmf'])).toBe(command);
});

test.each([
  ['options kvm_intel nested=1\n', [{ module: 'kvm_intel', value: '1' }]],
  ['# options kvm_intel nested=1\n', []],
  ['options kvm-amd avic=1 nested=0 npt=1\n', [{ module: 'kvm_amd', value: '0' }]],
  [
    'options kvm_intel nested=0\noptions kvm_intel nested=Y\n',
    [
      { module: 'kvm_intel', value: '0' },
      { module: 'kvm_intel', value: 'Y' },
    ],
  ],
  ['options kvm_intel unnested=1\n', []],
  ['blacklist kvm_intel\n', []],
])('modprobe.d: %j', (text, settings) => {
  expect(nestedSettings(text)).toEqual(settings);
});

test('groups have names', () => {
  expect(groupsOf('root:x:0:\nkvm:x:992:ada\nlibvirt:x:970:\n', [992, 0, 5])).toEqual(['kvm', 'root']);
});

test.each([
  [0, 'Name:           default\nActive:         yes\nPersistent:     yes\nAutostart:      yes\n', '', 'active'],
  [0, 'Name:           default\nActive:         no\nAutostart:      no\n', '', 'inactive'],
  [
    1,
    '',
    "error: failed to get network 'default'\nerror: Network not found: no network with matching name 'default'",
    'absent',
  ],
  [1, '', 'error: this function is not supported by the connection driver', null],
])('virsh net-info, exit %i', (exitCode, stdout, stderr, state) => {
  expect(parseNetInfo(exitCode, stdout, stderr)).toBe(state);
});
