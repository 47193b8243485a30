import { expect, test } from 'vitest';
import { bootFiles, bootLoaderArgv, menuTimeout } from './boot-loader.ts';
import type { KickstartCommand } from '../kickstart.ts';
import { planLayout } from './storage/layout.ts';
import { readStorage } from './storage/request.ts';
import { planStorage, type StoragePlan } from './storage/steps.ts';

const storage: StoragePlan = {
  layout: { partitions: [], arrays: [], groups: [], btrfs: [], erased: ['vda'], bootDisk: 'vda' },
  volumes: [],
  encrypted: [],
  make: [],
  mounts: [],
  fstab: 'UUID=1 / ext4 defaults 1 1\n',
  crypttab: '',
  mdadmConf: '',
  release: [],
  kernelArguments: ['root=UUID=1', 'ro', 'rd.luks.uuid=luks-2'],
};
const settings = {
  project: 'Phyllome OS',
  releasever: '44',
  append: 'intel_iommu=on iommu=pt',
  timeoutSeconds: 1,
  consoles: ['console=tty0', 'console=ttyS0,115200'],
};
function fileOf(path: string, plan = storage, more = {}): string {
  const found = bootFiles(plan, { ...settings, ...more }).find(
    (action) => action.do === 'write' && action.path === path,
  );
  return found?.do === 'write' ? found.text : '';
}

test('the menu waits as the kickstart says, and the kernel gets its arguments and the consoles', () => {
  const grub = fileOf('/etc/default/grub').split('\n');
  expect(grub).toContain('GRUB_TIMEOUT=1');
  // GRUB's own scripts add root=.
  expect(grub).toContain(
    'GRUB_CMDLINE_LINUX="rd.luks.uuid=luks-2 intel_iommu=on iommu=pt console=tty0 console=ttyS0,115200"',
  );
  expect(grub).toContain('GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"');
});

test('a kernel argument is not a command of the shell that reads the file', () => {
  expect(fileOf('/etc/default/grub', storage, { append: 'a="$(reboot)"', consoles: [] })).toContain(
    String.raw`rd.luks.uuid=luks-2 a=\"\$(reboot)\"`,
  );
});

const dracut = (plan: StoragePlan): string => fileOf('/etc/dracut.conf.d/50-rehearsal.conf', plan);

test('an initramfs decrypts only where something is encrypted', () => {
  expect(dracut(storage)).toMatch(/omit_dracutmodules\+=".*\bcrypt\b/u);
  const encrypted = { ...storage, crypttab: 'luks-2 UUID=2 none discard\n' };
  expect(dracut(encrypted)).not.toMatch(/omit_dracutmodules\+=".*\bcrypt\b/u);
  expect(dracut(encrypted)).toMatch(/add_dracutmodules\+=" crypt "/u);
});

test('an initramfs starts logical volumes only where there are some', () => {
  expect(dracut(storage)).toMatch(/omit_dracutmodules\+=".*\blvm\b/u);
  const group = { name: 'vg', extentMiB: 4, members: [], volumes: [] };
  const logical = { ...storage, layout: { ...storage.layout, groups: [group] } };
  expect(dracut(logical)).not.toMatch(/omit_dracutmodules\+=".*\blvm\b/u);
  expect(dracut(logical)).toMatch(/add_dracutmodules\+=" lvm "/u);
});

test.each([
  ['uefi', ['--efi-directory=/boot/efi', '--removable', '--uefi-secure-boot', '/boot/efi/EFI/debian/grub.cfg']],
  ['bios', ['--target=i386-pc', '/dev/vda']],
] as const)('%s gets its boot loader', (firmware, words) => {
  expect(bootLoaderArgv(storage, firmware).flat()).toEqual(expect.arrayContaining([...words]));
});

/** Two disks by a kickstart's lines. */
function planned(firmware: 'bios' | 'uefi', ...lines: string[]): StoragePlan {
  const first = ['zerombr', 'clearpart --all --initlabel', 'ignoredisk --only-use=vda,vdb'];
  const commands: KickstartCommand[] = [...first, ...lines].map((text, index) => {
    const [name = '', ...args] = text.split(' ');
    return { name, args, text, line: index + 1 };
  });
  const disks = ['vda', 'vdb'].map((name) => ({ name, bytes: 10 * 2 ** 30, readOnly: false, contents: [] }));
  const machine = { firmware, memoryMiB: 4096, disks, payloadBytes: 2 ** 20 };
  const layout = planLayout(readStorage(commands, machine.memoryMiB), machine);
  return planStorage(layout, { newUuid: () => crypto.randomUUID(), passphraseOf: () => '' });
}
const onEach = (name: string, size: number): string[] => [
  `part raid.${name}1 --ondisk=vda --size=${size}`,
  `part raid.${name}2 --ondisk=vdb --size=${size}`,
];
const MIRROR = [
  ...onEach('b', 1024),
  ...onEach('r', 4096),
  'raid /boot --device=boot --level=1 raid.b1 raid.b2',
  'raid / --device=root --level=1 raid.r1 raid.r2',
];

test('an initramfs starts a RAID only where there is one, and mdadm knows it by its name', () => {
  expect(dracut(storage)).toMatch(/omit_dracutmodules\+=".*\bmdraid\b/u);
  expect(fileOf('/etc/mdadm/mdadm.conf')).toBe('');
  const mirror = planned('uefi', 'reqpart', ...MIRROR);
  expect(dracut(mirror)).not.toMatch(/omit_dracutmodules\+=".*\bmdraid\b/u);
  expect(dracut(mirror)).toMatch(/add_dracutmodules\+=" mdraid "/u);
  expect(fileOf('/etc/mdadm/mdadm.conf', mirror)).toBe(mirror.mdadmConf);
  expect(fileOf('/etc/default/grub', mirror)).toMatch(/^GRUB_CMDLINE_LINUX="(?:rd\.md\.uuid=[\da-f:]{35} ){2}/mu);
});

const biosboot = ['part biosboot --ondisk=vda --size=1', 'part biosboot --ondisk=vdb --size=1'];

test.each([
  ['each disk of a mirror', [...biosboot, ...MIRROR], ['/dev/vda', '/dev/vdb']],
  [
    'each disk of a mirror, the boot disk first',
    [...biosboot, ...MIRROR, 'bootloader --boot-drive=vdb'],
    ['/dev/vdb', '/dev/vda'],
  ],
  [
    'each disk of a root that has /boot in it',
    [...biosboot, ...MIRROR.slice(2, 4), MIRROR.at(-1) ?? ''],
    ['/dev/vda', '/dev/vdb'],
  ],
  ['only the disks that have a place for it', [...biosboot.slice(0, 1), ...MIRROR], ['/dev/vda']],
  ['the boot disk alone, without a mirror', [...biosboot, 'part / --size=4096 --ondisk=vda'], ['/dev/vda']],
  [
    'the boot disk alone, where /boot is not mirrored',
    [...biosboot, 'part /boot --size=1024 --ondisk=vda', ...MIRROR.slice(2, 4), MIRROR.at(-1) ?? ''],
    ['/dev/vda'],
  ],
])('a BIOS starts from %s', (_, lines, disks) => {
  expect(bootLoaderArgv(planned('bios', ...lines), 'bios').map((argv) => argv.at(-1))).toEqual(disks);
});

test('the menu of UEFI has each half of a mirrored EFI system partition, the first one first', () => {
  const mirrored = planned(
    'uefi',
    ...onEach('e', 512),
    ...MIRROR,
    'raid /boot/efi --fstype=efi --device=efi --level=1 raid.e1 raid.e2',
  );
  const argv = bootLoaderArgv(mirrored, 'uefi').map((words) => words.join(' '));
  expect(argv.filter((line) => line.startsWith('efibootmgr'))).toEqual(
    ['vdb', 'vda'].map(
      (disk) =>
        String.raw`efibootmgr --quiet --create --disk /dev/${disk} --part 1 --label phyllome --loader \EFI\phyllome\shimx64.efi`,
    ),
  );
  // grub-install would look for the disk of the array.
  expect(argv.filter((line) => line.startsWith('grub-install'))).toSatisfy((lines: string[]) =>
    lines.every((line) => line.endsWith('--no-nvram')),
  );
  const plain = bootLoaderArgv(planned('uefi', 'reqpart', ...MIRROR), 'uefi').map((words) => words.join(' '));
  expect(plain.some((line) => line.startsWith('efibootmgr'))).toBe(false);
  expect(plain[0]).not.toContain('--no-nvram');
});

const line = (args: string[], number: number) => ({ name: 'bootloader', args, text: '', line: number });

test('the last line that has a timeout counts', () => {
  expect(menuTimeout([line(['--timeout=1'], 1), line(['--append=a'], 2)])).toBe(1);
  expect(menuTimeout([])).toBe(5);
});
