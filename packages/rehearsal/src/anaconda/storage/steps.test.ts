import { expect, test } from 'vitest';
import type { KickstartCommand } from '../../kickstart.ts';
import type { MachineFacts } from './disks.ts';
import { planLayout } from './layout.ts';
import { readStorage } from './request.ts';
import { planStorage, type StoragePlan } from './steps.ts';

const machine: MachineFacts = {
  firmware: 'uefi',
  memoryMiB: 4096,
  disks: [{ name: 'vda', bytes: 10 * 2 ** 30, readOnly: false, contents: [] }],
  payloadBytes: 2 ** 20,
};

function plan(...lines: string[]): StoragePlan {
  const commands: KickstartCommand[] = ['zerombr', 'clearpart --all --initlabel', ...lines].map((text, index) => {
    const [name = '', ...args] = text.split(' ');
    return { name, args, text, line: index + 1 };
  });
  let count = 0;
  const newUuid = (): string => `${String((count += 1)).padStart(8, '0')}-0000-4000-8000-000000000000`;
  const layout = planLayout(readStorage(commands, machine.memoryMiB), machine);
  return planStorage(layout, { newUuid, passphraseOf: () => 'swordfish with spaces' });
}

const uuid = (number: number): string => `${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`;

test('a plain disk: label, file systems, mounts and fstab', () => {
  const { make, mounts, fstab, crypttab, kernelArguments } = plan(
    'part /boot/efi --fstype=efi --size=512 --label=efi',
    'part /boot --fstype=ext4 --size=1024 --label=boot',
    'part / --fstype=ext4 --size=4096 --grow --label=root --fsoptions=defaults,noatime',
    'part swap --size=512',
  );
  expect(make.map(({ argv }) => argv.join(' '))).toEqual([
    'wipefs --all --force /dev/vda',
    'sfdisk --wipe=always --wipe-partitions=always --quiet /dev/vda',
    'udevadm settle',
    'mkfs.vfat -i 00000001 -n efi /dev/vda1',
    `mkfs.ext4 -F -q -U ${uuid(2)} -L boot /dev/vda2`,
    `mkswap -U ${uuid(3)} /dev/vda3`,
    `mkfs.ext4 -F -q -U ${uuid(4)} -L root /dev/vda4`,
    'udevadm settle',
  ]);
  expect(make[1]?.input).toBe(
    [
      'label: gpt',
      'start=1MiB, size=512MiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
      'start=513MiB, size=1024MiB, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4',
      'start=1537MiB, size=512MiB, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F',
      'start=2049MiB, size=8190MiB, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4',
      '',
    ].join('\n'),
  );
  expect(mounts.map(({ path, type }) => [path, type])).toEqual([
    ['/', 'ext4'],
    ['/boot', 'ext4'],
    ['/boot/efi', 'vfat'],
  ]);
  expect(fstab.trimEnd().split('\n')).toEqual([
    `UUID=${uuid(4)} / ext4 defaults,noatime 1 1`,
    `UUID=${uuid(2)} /boot ext4 defaults 1 2`,
    `UUID=0000-0001 /boot/efi vfat umask=0077,shortname=winnt 0 2`,
    `UUID=${uuid(3)} none swap defaults 0 0`,
  ]);
  expect([crypttab, kernelArguments]).toEqual(['', [`root=UUID=${uuid(4)}`, 'ro']]);
});

test('an encrypted root: LUKS 2, its passphrase read whole and never in a command line', () => {
  const { make, crypttab, kernelArguments, mounts } = plan(
    'part /boot/efi --fstype=efi --size=512',
    'part /boot --fstype=ext4 --size=1024',
    'part / --fstype=ext4 --size=4096 --grow --encrypted --luks-version=luks2 --cipher=aes-xts-plain64',
  );
  const luks = make.filter(({ argv }) => argv[0] === 'cryptsetup');
  expect(luks.map(({ argv }) => argv.join(' '))).toEqual([
    `cryptsetup luksFormat --batch-mode --key-file=- --type=luks2 --uuid=${uuid(3)} --cipher=aes-xts-plain64 /dev/vda3`,
    `cryptsetup open --batch-mode --key-file=- --allow-discards /dev/vda3 luks-${uuid(3)}`,
  ]);
  expect(luks.map(({ input }) => input)).toEqual(['swordfish with spaces', 'swordfish with spaces']);
  expect(make.flatMap(({ argv, announce = '' }) => [...argv, announce]).join(' ')).not.toContain('swordfish');
  expect(crypttab).toBe(`luks-${uuid(3)} UUID=${uuid(3)} none discard,x-initrd.attach\n`);
  expect(kernelArguments).toEqual([`root=UUID=${uuid(4)}`, 'ro', `rd.luks.uuid=luks-${uuid(3)}`]);
  expect(mounts[0]).toEqual({ device: `/dev/mapper/luks-${uuid(3)}`, path: '/', type: 'ext4', options: undefined });
});

test('an encrypted volume group: opened first, its root found by the initramfs', () => {
  const { make, crypttab, fstab, kernelArguments, mounts } = plan(
    'part /boot/efi --size=512',
    'part /boot --size=1024',
    'part pv.01 --size=4096 --grow --encrypted',
    'volgroup my-vg pv.01 --pesize=32768',
    'logvol / --vgname=my-vg --name=root --size=2048 --grow',
    'logvol swap --vgname=my-vg --name=swap --size=512',
  );
  const opened = `/dev/mapper/luks-${uuid(1)}`;
  expect(make.map(({ argv }) => argv.join(' ')).slice(3)).toEqual([
    `cryptsetup luksFormat --batch-mode --key-file=- --type=luks2 --uuid=${uuid(1)} /dev/vda3`,
    `cryptsetup open --batch-mode --key-file=- --allow-discards /dev/vda3 luks-${uuid(1)}`,
    `pvcreate --yes -ff ${opened}`,
    `vgcreate --physicalextentsize 32m my-vg ${opened}`,
    'lvcreate --yes --wipesignatures y --size 8160m --name root my-vg',
    'lvcreate --yes --wipesignatures y --size 512m --name swap my-vg',
    'mkfs.vfat -i 00000002 /dev/vda1',
    `mkfs.ext4 -F -q -U ${uuid(3)} /dev/vda2`,
    `mkfs.ext4 -F -q -U ${uuid(4)} /dev/mapper/my--vg-root`,
    `mkswap -U ${uuid(5)} /dev/mapper/my--vg-swap`,
    'udevadm settle',
  ]);
  expect(crypttab).toBe(`luks-${uuid(1)} UUID=${uuid(1)} none discard,x-initrd.attach\n`);
  expect(kernelArguments).toEqual([
    `root=UUID=${uuid(4)}`,
    'ro',
    `rd.luks.uuid=luks-${uuid(1)}`,
    'rd.lvm.lv=my-vg/root',
    'rd.lvm.lv=my-vg/swap',
  ]);
  expect(mounts[0]).toMatchObject({ device: '/dev/mapper/my--vg-root', path: '/' });
  expect(fstab).toContain(`UUID=${uuid(4)} / ext4 defaults 1 1\n`);
});

test('Btrfs on two partitions: subvolumes are made before they are mounted', () => {
  const { make, fstab, mounts } = plan(
    'reqpart --add-boot',
    'part btrfs.01 --size=2048',
    'part btrfs.02 --size=2048',
    'btrfs none --label=top --data=raid0 --metadata=RAID1 btrfs.01 btrfs.02',
    'btrfs / --subvol --name=root LABEL=top',
    'btrfs /home --subvol --name=home top',
  );
  const steps = make.map(({ argv }) => argv.join(' '));
  const made = steps.findIndex((step) => step.startsWith('mkfs.btrfs'));
  expect(steps.slice(made, made + 6)).toEqual([
    `mkfs.btrfs -f -U ${uuid(3)} -L top --data raid0 --metadata raid1 /dev/vda3 /dev/vda4`,
    'mkdir -p /run/installer-btrfs',
    'mount -t btrfs /dev/vda3 /run/installer-btrfs',
    'btrfs subvolume create /run/installer-btrfs/root',
    'btrfs subvolume create /run/installer-btrfs/home',
    'umount /run/installer-btrfs',
  ]);
  expect(mounts.map(({ path, options }) => [path, options])).toEqual([
    ['/', 'subvol=root'],
    ['/boot', undefined],
    ['/home', 'subvol=home'],
    ['/boot/efi', undefined],
  ]);
  expect(fstab).toContain(`UUID=${uuid(3)} / btrfs subvol=root,compress=zstd:1 0 0\n`);
});

test('what is encrypted and not below the root file system is closed with the rest', () => {
  const { crypttab } = plan(
    'part /boot/efi --size=512',
    'part /boot --size=1024',
    'part btrfs.1 --size=2048 --encrypted',
    'part /srv --size=512 --encrypted',
    'btrfs none --label=top btrfs.1',
    'btrfs / --subvol --name=root top',
  );
  expect(crypttab.split('\n').map((line) => line.split(' ').slice(2).join(' '))).toEqual([
    'none discard,x-initrd.attach',
    'none discard',
    '',
  ]);
});
