import { expect, test } from 'vitest';
import type { KickstartCommand } from '../../kickstart.ts';
import type { MachineFacts } from './disks.ts';
import { planLayout } from './layout.ts';
import { readStorage } from './request.ts';
import { planStorage, type StoragePlan } from './steps.ts';

const machine: MachineFacts = {
  firmware: 'uefi',
  memoryMiB: 4096,
  disks: ['vda', 'vdb', 'vdc'].map((name) => ({ name, bytes: 10 * 2 ** 30, readOnly: false, contents: [] })),
  payloadBytes: 2 ** 20,
};

function plan(...lines: string[]): StoragePlan {
  return planOn('vda', ...lines);
}

function planOn(disks: string, ...lines: string[]): StoragePlan {
  const first = ['zerombr', 'clearpart --all --initlabel', `ignoredisk --only-use=${disks}`];
  const commands: KickstartCommand[] = [...first, ...lines].map((text, index) => {
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

const raidUuid = (number: number): string => `${String(number).padStart(8, '0')}:00004000:80000000:00000000`;
const onEach = (name: string, options: string): string[] => [
  `part raid.${name}1 --ondisk=vda ${options}`,
  `part raid.${name}2 --ondisk=vdb ${options}`,
];
const MIRROR = [
  'reqpart',
  ...onEach('b', '--size=1024'),
  ...onEach('r', '--size=2048 --grow'),
  'raid /boot --device=boot --level=1 raid.b1 raid.b2',
  'raid / --device=root --level=RAID1 raid.r1 raid.r2',
];

test('a mirror: its partitions say so, it is made before its file systems, and found by the initramfs', () => {
  const { make, mounts, fstab, mdadmConf, release, kernelArguments } = planOn('vda,vdb', ...MIRROR);
  expect(make.map(({ argv }) => argv.join(' '))).toEqual([
    'wipefs --all --force /dev/vda',
    'sfdisk --wipe=always --wipe-partitions=always --quiet /dev/vda',
    'wipefs --all --force /dev/vdb',
    'sfdisk --wipe=always --wipe-partitions=always --quiet /dev/vdb',
    'udevadm settle',
    `mdadm --create /dev/md/boot --run --name=boot --homehost=any --uuid=${raidUuid(1)} --metadata=1.2 --level=raid1 --raid-devices=2 --bitmap=internal /dev/vda2 /dev/vdb1`,
    'udevadm settle',
    'wipefs --all --force /dev/md/boot',
    `mdadm --create /dev/md/root --run --name=root --homehost=any --uuid=${raidUuid(2)} --metadata=1.2 --level=raid1 --raid-devices=2 --bitmap=internal /dev/vda3 /dev/vdb2`,
    'udevadm settle',
    'wipefs --all --force /dev/md/root',
    'mkfs.vfat -i 00000003 /dev/vda1',
    `mkfs.ext4 -F -q -U ${uuid(4)} /dev/md/boot`,
    `mkfs.ext4 -F -q -U ${uuid(5)} /dev/md/root`,
    'udevadm settle',
  ]);
  const types = make.map(({ input = '' }) => [...input.matchAll(/type=(?<type>\w+)/gu)].map(([, type]) => type)).flat();
  expect(types).toEqual(['C12A7328', 'A19D880F', 'A19D880F', 'A19D880F', 'A19D880F']);
  expect(mounts.map(({ device, path }) => [device, path])).toEqual([
    ['/dev/md/root', '/'],
    ['/dev/md/boot', '/boot'],
    ['/dev/vda1', '/boot/efi'],
  ]);
  expect(fstab).toContain(`UUID=${uuid(5)} / ext4 defaults 1 1\n`);
  expect(mdadmConf).toBe(
    [
      'MAILADDR root',
      'AUTO +imsm +1.x -all',
      `ARRAY /dev/md/boot level=raid1 num-devices=2 UUID=${raidUuid(1)}`,
      `ARRAY /dev/md/root level=raid1 num-devices=2 UUID=${raidUuid(2)}`,
      '',
    ].join('\n'),
  );
  expect(kernelArguments).toEqual([
    `root=UUID=${uuid(5)}`,
    'ro',
    `rd.md.uuid=${raidUuid(1)}`,
    `rd.md.uuid=${raidUuid(2)}`,
  ]);
  expect(release.map(({ argv }) => argv.join(' '))).toEqual(['mdadm --stop /dev/md/boot', 'mdadm --stop /dev/md/root']);
});

test('without a RAID nothing is said of one', () => {
  const { make, mdadmConf, release, kernelArguments } = plan('reqpart', 'part / --size=4096');
  expect(make.some(({ argv }) => argv[0] === 'mdadm')).toBe(false);
  expect([mdadmConf, release, kernelArguments.filter((word) => word.includes('md'))]).toEqual(['', [], []]);
});

test('the EFI system partition on a mirror: each half looks like one to the firmware', () => {
  const { make } = planOn(
    'vda,vdb',
    ...onEach('e', '--size=512'),
    ...MIRROR.slice(1),
    'raid /boot/efi --fstype=efi --device=efi --level=1 raid.e1 raid.e2',
  );
  const created = make.find(({ argv }) => argv.includes('/dev/md/efi') && argv[0] === 'mdadm')?.argv.join(' ');
  expect(created).toContain('--metadata=1.0 --level=raid1');
  for (const disk of ['vda', 'vdb']) {
    const table = make.find(({ argv }) => argv[0] === 'sfdisk' && argv.includes(`/dev/${disk}`))?.input ?? '';
    expect(table).toContain('size=512MiB, type=C12A7328');
    expect(table).toContain('size=1024MiB, type=A19D880F');
  }
});

test('spares, the size of a piece, and what is not mirrored', () => {
  const parts = ['vda', 'vdb', 'vdc'].flatMap((disk, index) => [
    `part raid.a${index} --ondisk=${disk} --size=512`,
    `part raid.b${index} --ondisk=${disk} --size=512`,
    `part raid.c${index} --ondisk=${disk} --size=512`,
  ]);
  const { make, kernelArguments } = planOn(
    'vda,vdb,vdc',
    'reqpart',
    'part / --size=4096',
    ...parts,
    'raid /srv --device=srv --level=1 --spares=1 raid.a0 raid.a1 raid.a2',
    'raid /tmp --device=tmp --level=0 --chunksize=64 raid.b0 raid.b1 raid.b2',
    'raid swap --device=swap --level=5 raid.c0 raid.c1 raid.c2',
  );
  const created = make.filter(({ argv }) => argv[0] === 'mdadm').map(({ argv }) => argv.slice(7, -3).join(' '));
  expect(created).toEqual([
    '--metadata=1.2 --level=raid1 --raid-devices=2 --spare-devices=1 --bitmap=internal',
    '--metadata=1.2 --level=raid0 --raid-devices=3 --chunk=64',
    '--metadata=1.2 --level=raid5 --raid-devices=3 --bitmap=none',
  ]);
  // Swap is there before the root file system; what is mounted later is started later.
  expect(kernelArguments.filter((word) => word.startsWith('rd.md.uuid='))).toHaveLength(1);
});

test('an encrypted volume group on a mirror: from below to above, and back', () => {
  const { make, crypttab, kernelArguments, release } = planOn(
    'vda,vdb',
    ...MIRROR.slice(0, -1),
    'raid pv.01 --device=pv --level=1 --encrypted raid.r1 raid.r2',
    'volgroup vg pv.01',
    'logvol / --vgname=vg --name=root --size=2048 --grow',
  );
  const opened = `/dev/mapper/luks-${uuid(1)}`;
  const steps = make.map(({ argv }) => argv.join(' '));
  const order = [
    'mdadm --create /dev/md/pv',
    'cryptsetup luksFormat',
    'cryptsetup open',
    `pvcreate --yes -ff ${opened}`,
  ];
  const places = order.map((text) => steps.findIndex((step) => step.startsWith(text)));
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  expect(places).not.toContain(-1);
  expect(crypttab).toBe(`luks-${uuid(1)} UUID=${uuid(1)} none discard,x-initrd.attach\n`);
  expect(kernelArguments).toContain(`rd.md.uuid=${raidUuid(3)}`);
  expect(release.map(({ argv }) => argv.join(' '))).toEqual([
    'vgchange --activate n vg',
    `cryptsetup close luks-${uuid(1)}`,
    'mdadm --stop /dev/md/boot',
    'mdadm --stop /dev/md/pv',
  ]);
});

test('a mirror of what is encrypted: its members are opened first', () => {
  const { make, crypttab, release } = planOn(
    'vda,vdb',
    ...MIRROR.map((line) => (line.startsWith('part raid.r') ? `${line} --encrypted` : line)),
  );
  const members = [uuid(1), uuid(2)].map((one) => `/dev/mapper/luks-${one}`);
  const created = make.find(({ argv }) => argv.includes('/dev/md/root') && argv[0] === 'mdadm');
  expect(created?.argv.slice(-2)).toEqual(members);
  expect(crypttab.trimEnd().split('\n')).toEqual(
    [uuid(1), uuid(2)].map((one) => `luks-${one} UUID=${one} none discard,x-initrd.attach`),
  );
  expect(release.map(({ argv }) => argv.slice(0, 2).join(' '))).toEqual([
    'mdadm --stop',
    'mdadm --stop',
    'cryptsetup close',
    'cryptsetup close',
  ]);
});
