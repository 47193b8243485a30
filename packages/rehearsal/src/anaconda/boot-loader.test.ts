import { expect, test } from 'vitest';
import { bootFiles, bootLoaderArgv, menuTimeout } from './boot-loader.ts';
import type { StoragePlan } from './storage/steps.ts';

const storage: StoragePlan = {
  layout: { partitions: [], groups: [], btrfs: [], erased: ['vda'], bootDisk: 'vda' },
  volumes: [],
  encrypted: [],
  make: [],
  mounts: [],
  fstab: 'UUID=1 / ext4 defaults 1 1\n',
  crypttab: '',
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
  ['uefi', ['--efi-directory=/boot/efi', '--removable']],
  ['bios', ['--target=i386-pc', '/dev/vda']],
] as const)('%s gets its boot loader', (firmware, words) => {
  expect(bootLoaderArgv(storage, firmware).flat()).toEqual(expect.arrayContaining([...words]));
});

const line = (args: string[], number: number) => ({ name: 'bootloader', args, text: '', line: number });

test('the last line that has a timeout counts', () => {
  expect(menuTimeout([line(['--timeout=1'], 1), line(['--append=a'], 2)])).toBe(1);
  expect(menuTimeout([])).toBe(5);
});
