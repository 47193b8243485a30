import { describe, expect, test } from 'vitest';
import type { KickstartCommand } from '../../kickstart.ts';
import type { Disk, MachineFacts } from './disks.ts';
import { deviceOf, grown, type Layout, planLayout } from './layout.ts';
import { type PartitionRequest, readStorage } from './request.ts';

const GIB = 1024;
const disk = (name: string, gib: number, more: Partial<Disk> = {}): Disk => ({
  name,
  bytes: gib * GIB * 2 ** 20,
  readOnly: false,
  contents: [],
  ...more,
});

const facts = (more: Partial<MachineFacts> = {}): MachineFacts => ({
  firmware: 'uefi',
  memoryMiB: 4 * GIB,
  disks: [disk('vda', 10)],
  payloadBytes: 700 * 2 ** 20,
  ...more,
});

/** Commands as the flattener hands them on: every option as `--name=value` or `--name`. */
const commands = (...lines: string[]): KickstartCommand[] =>
  lines.map((text, index) => {
    const [name = '', ...args] = text.split(' ');
    return { name, args, text, line: index + 1 };
  });

const layout = (lines: readonly string[], machine = facts()): Layout =>
  planLayout(readStorage(commands(...lines), machine.memoryMiB), machine);

const WHOLE = ['zerombr', 'clearpart --all --initlabel'];
const PHYLLOME = [
  ...WHOLE,
  'part / --fstype=ext4 --size=4096 --grow --label=root',
  'part /boot --fstype=ext4 --size=1024 --label=boot',
  'part /boot/efi --fstype=efi --size=512 --label=efi',
];
const LVM = [
  ...WHOLE,
  'reqpart',
  'part /boot --size=1024',
  'part pv.01 --size=4096 --grow',
  'volgroup vg pv.01',
  'logvol / --vgname=vg --name=root --size=2048 --grow',
  'logvol swap --vgname=vg --name=swap --size=513',
];
/** Two disks that mirror each other. */
const MIRROR = [
  ...WHOLE,
  'ignoredisk --only-use=vda,vdb',
  'reqpart',
  'part raid.11 --size=1024 --ondisk=vda',
  'part raid.12 --size=1024 --ondisk=vdb',
  'part raid.21 --size=4096 --grow --ondisk=vda',
  'part raid.22 --size=4096 --grow --ondisk=vdb',
  'raid /boot --device=boot --level=1 raid.11 raid.12',
  'raid / --device=root --level=RAID1 --label=root raid.21 raid.22',
];
const twoDisks = facts({ disks: [disk('vda', 10), disk('vdb', 12)] });
/** As many members as are asked for, beside a root of their own. */
const withMembers = (count: number, ...lines: string[]): string[] => [
  ...PHYLLOME.map((line) => line.replace(' --grow', '')),
  ...Array.from({ length: count }, (_, index) => `part raid.${index + 1} --size=512`),
  ...lines,
];
const members = (count: number): string => Array.from({ length: count }, (_, index) => `raid.${index + 1}`).join(' ');
/** Of the first logical volume, in MiB. */
const rootOf = (lines: string[]): number => layout(lines).groups[0]?.volumes[0]?.sizeMiB ?? 0;
const EITHER = [...WHOLE, 'reqpart', 'part /boot --fstype=ext4 --size=1024', 'part / --size=4096 --grow'];

/** The message of the refusal, or nothing. */
function refusal(lines: readonly string[], machine = facts()): string | undefined {
  try {
    layout(lines, machine);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe('a layout', () => {
  test('is in the order of the firmware, and the rest grows to the end of the disk', () => {
    const { partitions, erased } = layout(PHYLLOME);
    expect(erased).toEqual(['vda']);
    expect(
      partitions.map(({ mountPoint, startMiB, sizeMiB, device }) => [mountPoint, startMiB, sizeMiB, device]),
    ).toEqual([
      ['/boot/efi', 1, 512, '/dev/vda1'],
      ['/boot', 513, 1024, '/dev/vda2'],
      ['/', 1537, 10 * GIB - 2 - 512 - 1024, '/dev/vda3'],
    ]);
  });

  test('leaves disks alone that ignoredisk names', () => {
    const two = facts({ disks: [disk('vda', 10), disk('vdb', 20)] });
    expect(layout(['ignoredisk --only-use=vdb', ...PHYLLOME], two).erased).toEqual(['vdb']);
    expect(layout(['ignoredisk --drives=/dev/vdb', ...PHYLLOME], two).erased).toEqual(['vda']);
  });

  test('puts a partition on the disk that it names', () => {
    const two = facts({ disks: [disk('vda', 10), disk('sdb', 20)] });
    const { partitions } = layout([...PHYLLOME, 'part /home --size=2048 --grow --ondisk=sdb'], two);
    expect(partitions.find(({ mountPoint }) => mountPoint === '/home')).toMatchObject({
      device: '/dev/sdb1',
      sizeMiB: 20 * GIB - 2,
    });
  });

  test.each([
    ['uefi', ['/boot/efi', '/boot', '/', '/home']],
    ['bios', ['biosboot', '/boot', '/', '/home']],
  ] as const)('of autopart has what %s needs', (firmware, mountPoints) => {
    const machine = facts({ firmware, disks: [disk('vda', 100)] });
    const { partitions } = layout([...WHOLE, 'autopart --type=plain'], machine);
    expect(partitions.map(({ mountPoint, fileSystem }) => mountPoint ?? fileSystem)).toEqual(mountPoints);
  });

  test.each([
    ['uefi', ['/boot/efi', '/boot', '/']],
    ['bios', ['biosboot', '/boot', '/']],
  ] as const)('of reqpart has what %s needs, and no other', (firmware, mountPoints) => {
    const { partitions } = layout(EITHER, facts({ firmware }));
    expect(partitions.map(({ mountPoint, fileSystem }) => mountPoint ?? fileSystem)).toEqual(mountPoints);
    expect(partitions.at(-1)?.sizeMiB).toBeGreaterThan(8 * GIB);
  });

  test('shares a volume group out in whole extents', () => {
    const { groups } = layout(LVM);
    const pv = 10 * GIB - 2 - 600 - 1024;
    const room = Math.floor((pv - 1) / 4) * 4;
    expect(groups[0]?.volumes.map(({ device, sizeMiB }) => [device, sizeMiB])).toEqual([
      ['/dev/mapper/vg-root', room - 516],
      ['/dev/mapper/vg-swap', 516],
    ]);
  });

  test('keeps what LUKS needs out of a volume group', () => {
    const encrypted = LVM.map((line) => (line.startsWith('part pv') ? `${line} --encrypted --passphrase=x` : line));
    expect(rootOf(LVM) - rootOf(encrypted)).toBe(16);
  });

  test.each([
    ['lvm', 100, ['/dev/mapper/fedora-root', '/dev/mapper/fedora-home']],
    ['lvm', 20, ['/dev/mapper/fedora-root']],
  ] as const)('of autopart --type=%s on %d GiB', (type, gib, devices) => {
    const { groups } = layout([...WHOLE, `autopart --type=${type}`], facts({ disks: [disk('vda', gib)] }));
    expect(groups.flatMap(({ volumes }) => volumes.map(({ device }) => device))).toEqual(devices);
  });

  test('of autopart is on Btrfs where no type is given, with /home on any disk', () => {
    const { btrfs } = layout([...WHOLE, 'autopart'], facts({ disks: [disk('vda', 20)] }));
    expect(btrfs.map(({ label, subvolumes }) => [label, subvolumes.map((one) => [one.name, one.mountPoint])])).toEqual([
      [
        'fedora',
        [
          ['root', '/'],
          ['home', '/home'],
        ],
      ],
    ]);
  });

  test('of autopart --type=plain has no /home on a small disk', () => {
    const { partitions } = layout([...WHOLE, 'autopart --type=plain'], facts({ disks: [disk('vda', 20)] }));
    expect(partitions.map(({ mountPoint }) => mountPoint)).toEqual(['/boot/efi', '/boot', '/']);
  });

  test('has a line of its own in the place of what reqpart would add', () => {
    const { partitions } = layout([...EITHER, 'part /boot/efi --size=300']);
    expect(partitions.map(({ mountPoint, sizeMiB }) => [mountPoint, sizeMiB]).slice(0, 2)).toEqual([
      ['/boot/efi', 300],
      ['/boot', 1024],
    ]);
  });

  test('mirrors two disks: an array has what its smallest member has, less what describes it', () => {
    const { arrays, partitions, erased } = layout(MIRROR, twoDisks);
    expect(erased).toEqual(['vda', 'vdb']);
    expect(
      arrays.map(({ device, level, metadata, members: on }) => [device, level, metadata, on.map((one) => one.device)]),
    ).toEqual([
      ['/dev/md/boot', 'raid1', '1.2', ['/dev/vda2', '/dev/vdb1']],
      ['/dev/md/root', 'raid1', '1.2', ['/dev/vda3', '/dev/vdb2']],
    ]);
    const smallest = partitions.find(({ device }) => device === '/dev/vda3')?.sizeMiB ?? 0;
    expect(arrays[1]?.sizeMiB).toBeLessThan(smallest);
    expect(arrays[1]?.sizeMiB).toBeGreaterThan(smallest - 16);
  });

  test.each([
    ['0', 2, 2],
    ['1', 3, 1],
    ['4', 3, 2],
    ['raid5', 4, 3],
    ['RAID6', 4, 2],
    ['10', 4, 2],
  ])('of level %s with %d members holds what %d of them do', (level, count, data) => {
    const { arrays } = layout(withMembers(count, `raid /srv --device=srv --level=${level} ${members(count)}`));
    expect(arrays[0]?.sizeMiB).toBe(data * (512 - 3));
  });

  test('leaves spares out of what an array holds', () => {
    const { arrays } = layout(withMembers(4, `raid /srv --device=srv --level=5 --spares=1 ${members(4)}`));
    expect([arrays[0]?.sizeMiB, arrays[0]?.spares]).toEqual([2 * (512 - 3), 1]);
  });

  test('names an array by its place where the kickstart does not', () => {
    const { arrays } = layout(withMembers(2, `raid /srv/data --level=1 ${members(2)}`));
    expect(arrays[0]?.device).toBe('/dev/md/srv_data');
  });

  test('describes an array of the EFI system partition where the firmware does not look for it', () => {
    const efi = [...MIRROR, 'part raid.31 --size=512 --ondisk=vda', 'part raid.32 --size=512 --ondisk=vdb'];
    const { arrays, partitions } = layout(
      [...efi, 'raid /boot/efi --fstype=efi --level=1 --device=efi raid.31 raid.32'],
      twoDisks,
    );
    expect(arrays.map(({ mountPoint, metadata }) => [mountPoint, metadata])).toContainEqual(['/boot/efi', '1.0']);
    // What reqpart would add is there already.
    expect(partitions.some(({ fileSystem }) => fileSystem === 'efi')).toBe(false);
  });

  test('puts a volume group on an array, and never more in it than the array holds', () => {
    const lines = [
      ...MIRROR.slice(0, -1),
      'raid pv.01 --device=pv --level=1 raid.21 raid.22',
      'volgroup vg pv.01',
      'logvol / --vgname=vg --name=root --size=2048 --grow',
    ];
    const { groups, arrays } = layout(lines, twoDisks);
    expect(groups[0]?.members).toEqual([arrays[1]]);
    expect(groups[0]?.volumes[0]?.sizeMiB).toBeLessThan(arrays[1]?.sizeMiB ?? 0);
    const encrypted = lines.map((line) => (line.startsWith('raid pv') ? `${line} --encrypted --passphrase=x` : line));
    expect(layout(encrypted, twoDisks).groups[0]?.volumes[0]?.sizeMiB).toBe((groups[0]?.volumes[0]?.sizeMiB ?? 0) - 16);
  });

  test('takes disks that were part of a RAID for disks of Linux', () => {
    const used = facts({ disks: [disk('vda', 10, { contents: ['vda1 (linux_raid_member)'] })] });
    expect(layout(['clearpart --linux --initlabel', ...PHYLLOME.slice(2)], used).erased).toEqual(['vda']);
  });

  test('of reqpart adds what the firmware needs to what is there', () => {
    const { partitions } = layout(
      [...WHOLE, 'reqpart --add-boot', 'part / --size=4096 --grow'],
      facts({ firmware: 'bios' }),
    );
    expect(partitions.map(({ fileSystem, sizeMiB }) => [fileSystem, sizeMiB])).toEqual([
      ['biosboot', 1],
      ['ext4', 2048],
      ['ext4', 10 * GIB - 2 - 1 - 2048],
    ]);
  });
});

type Bad = [what: string, lines: string[], machine: MachineFacts, message: RegExp];

describe('anaconda refuses', () => {
  test.each<Bad>([
    ['a machine without disks', PHYLLOME, facts({ disks: [] }), /^No disks detected\./u],
    [
      'a disk that is too small',
      PHYLLOME,
      facts({ disks: [disk('vda', 5)] }),
      /^Unable to allocate requested partition scheme/u,
    ],
    [
      'a disk that is read-only',
      PHYLLOME,
      facts({ disks: [disk('vda', 10, { readOnly: true })] }),
      /^Unable to allocate/u,
    ],
    [
      'a disk with data, without clearpart',
      PHYLLOME.slice(2),
      facts({ disks: [disk('vda', 10, { contents: ['vda1 (ntfs)'] })] }),
      /^Unable to allocate/u,
    ],
    [
      'Windows, when only Linux is cleared',
      ['clearpart --linux --initlabel', ...PHYLLOME.slice(2)],
      facts({ disks: [disk('vda', 10, { contents: ['vda1 (ntfs)'] })] }),
      /^Unable to allocate/u,
    ],
    ['an empty disk that nobody lets it label', PHYLLOME.slice(2), facts(), /^Unable to allocate/u],
    [
      'a disk that does not exist',
      ['clearpart --all --drives=sdx', ...PHYLLOME.slice(2)],
      facts(),
      /^Disk "sdx" given in clearpart command does not exist/u,
    ],
    [
      'ignoredisk of a disk that does not exist',
      ['ignoredisk --only-use=nvme0n1', ...PHYLLOME],
      facts(),
      /^Disk "nvme0n1" given in ignoredisk/u,
    ],
    [
      'a partition on a disk that does not exist',
      [...PHYLLOME, 'part /home --size=100 --ondisk=sdx'],
      facts(),
      /^Specified nonexistent disk sdx/u,
    ],
    [
      'a kickstart without /',
      [...WHOLE, 'part /boot/efi --size=512'],
      facts(),
      /^You have not defined a root partition/u,
    ],
    [
      'two partitions at one place',
      [...PHYLLOME, 'part /boot --size=100'],
      facts(),
      /^The mount point "\/boot" is already in use/u,
    ],
    [
      'UEFI without its partition',
      [...WHOLE, 'part / --size=4096'],
      facts(),
      /^For a UEFI installation, you must include an EFI System Partition/u,
    ],
    [
      'an EFI system partition under BIOS',
      PHYLLOME,
      facts({ firmware: 'bios' }),
      /^The "EFI System Partition" file system type is not supported/u,
    ],
    [
      'BIOS without biosboot on a GPT',
      PHYLLOME.filter((line) => !line.includes('efi')),
      facts({ firmware: 'bios' }),
      /special partition to boot from a GPT disk label/u,
    ],
    [
      'an encrypted /boot',
      [...WHOLE, 'part /boot/efi --size=512', 'part / --size=4096 --encrypted'],
      facts(),
      /\/boot cannot be encrypted/u,
    ],
    [
      'a root that the system does not fit into',
      PHYLLOME.map((line) => line.replace('--size=4096 --grow', '--size=600')),
      facts(),
      /^Not enough space in file systems for the current software selection\. An additional \d+ MiB is needed/u,
    ],
    [
      'a file system that nobody makes',
      [...WHOLE, 'part / --fstype=zfs --size=4096'],
      facts(),
      /^The "zfs" file system type is not supported/u,
    ],
    ['a partition without a size', [...WHOLE, 'part /'], facts(), /^Partition requires a size specification/u],
    ['a mount point that is none', [...WHOLE, 'part root --size=10'], facts(), /"root" is not a mount point/u],
    ['a mount point that leaves the system', [...WHOLE, 'part /a/b$(c) --size=10'], facts(), /is not a mount point/u],
    ['what it cannot do: PReP', [...WHOLE, 'part prepboot --size=10'], facts(), /does not carry out part prepboot/u],
    ...[1, 2, 3].map((count): Bad => [
      `a RAID 6 of ${count} members`,
      withMembers(count, `raid /srv --device=srv --level=6 ${members(count)}`),
      facts(),
      /^RAID level raid6 requires that device have at least 4 members/u,
    ]),
    ...(['0 2', '1 2', '4 3', '5 3', '10 4'] as const).map((text): Bad => {
      const [level = '', least = ''] = text.split(' ');
      const count = Number(least) - 1;
      return [
        `a RAID ${level} of ${count} members`,
        withMembers(count, `raid /srv --device=srv --level=${level} ${members(count)}`),
        facts(),
        new RegExp(`^RAID level raid${level} requires that device have at least ${least} members`, 'u'),
      ];
    }),
    [
      'a RAID level that is none',
      withMembers(2, 'raid /srv --device=srv --level=7 raid.1 raid.2'),
      facts(),
      /^RAID level 7 is an invalid value\. Must be one of \(raid0, raid1, raid4, raid5, raid6, raid10\)/u,
    ],
    [
      'more spares than are left over',
      withMembers(3, 'raid /srv --device=srv --level=1 --spares=2 raid.1 raid.2 raid.3'),
      facts(),
      /^Of the 3 members of the RAID "srv" 2 are spares: level raid1 requires at least 2/u,
    ],
    [
      'spares where nothing can be replaced',
      withMembers(3, 'raid /srv --device=srv --level=0 --spares=1 raid.1 raid.2 raid.3'),
      facts(),
      /^RAID level raid0 has no use for spares/u,
    ],
    [
      'a RAID of a partition that is not there',
      withMembers(2, 'raid /srv --device=srv --level=1 raid.1 raid.3'),
      facts(),
      /^Tried to use undefined partition "raid\.3" in RAID specification/u,
    ],
    [
      'a RAID of what is for a volume group',
      withMembers(1, 'part pv.1 --size=512', 'raid /srv --device=srv --level=1 raid.1 pv.1'),
      facts(),
      /^RAID device "pv\.1" has a format of "lvmpv", but should have a format of "mdmember"/u,
    ],
    [
      'a RAID of one partition twice',
      withMembers(2, 'raid /srv --device=srv --level=1 raid.1 raid.1'),
      facts(),
      /^"raid\.1" is named twice/u,
    ],
    [
      'a partition that two RAIDs want',
      withMembers(3, 'raid /a --device=a --level=1 raid.1 raid.2', 'raid /b --device=b --level=1 raid.2 raid.3'),
      facts(),
      /^"raid\.2" is named twice/u,
    ],
    [
      'a part of a RAID that no RAID has',
      withMembers(3, 'raid /srv --device=srv --level=1 raid.1 raid.2'),
      facts(),
      /^The RAID partition "raid\.3" is not used by any RAID/u,
    ],
    [
      'two parts of one name',
      withMembers(2, 'part raid.2 --size=512', 'raid /srv --device=srv --level=1 raid.1 raid.2'),
      facts(),
      /^RAID partition "raid\.2" is defined multiple times/u,
    ],
    [
      'two RAIDs of one name',
      withMembers(4, 'raid /a --device=a --level=1 raid.1 raid.2', 'raid /b --device=a --level=1 raid.3 raid.4'),
      facts(),
      /^The RAID volume name "a" is already in use/u,
    ],
    [
      'a name of a RAID that is none',
      withMembers(2, 'raid /srv --device=../srv --level=1 raid.1 raid.2'),
      facts(),
      /is not a name of a RAID/u,
    ],
    [
      'a RAID of a RAID',
      withMembers(2, 'raid raid.3 --device=srv --level=1 raid.1 raid.2'),
      facts(),
      /^"raid\.3" cannot be on a RAID/u,
    ],
    [
      'pieces of a mirror',
      withMembers(2, 'raid /srv --device=srv --level=1 --chunksize=512 raid.1 raid.2'),
      facts(),
      /^specifying chunk size is not allowed for raid1/u,
    ],
    [
      'pieces of no whole pages',
      withMembers(2, 'raid /srv --device=srv --level=0 --chunksize=6 raid.1 raid.2'),
      facts(),
      /^new chunk size must be multiple of 4 KiB/u,
    ],
    [
      'pieces that parity is not counted over',
      withMembers(3, 'raid /srv --device=srv --level=5 --chunksize=12 raid.1 raid.2 raid.3'),
      facts(),
      /^--chunksize=12 cannot be: of raid5 it is a power of two/u,
    ],
    [
      'a /boot that is in pieces',
      MIRROR.map((line) => line.replace('--device=boot --level=1', '--device=boot --level=0')),
      twoDisks,
      /^RAID sets that contain '\/boot file system' must have one of the following raid levels: raid1/u,
    ],
    [
      'a root that is in pieces, where it has /boot in it',
      withMembers(2, 'raid / --device=root --level=0 raid.1 raid.2').filter(
        (line) => !/^part \/(?:boot)? /u.test(line),
      ),
      facts(),
      /^RAID sets that contain '\/boot file system'/u,
    ],
    [
      'a /boot of which the members are encrypted',
      MIRROR.map((line) => (line.startsWith('part raid.1') ? `${line} --encrypted --passphrase=x` : line)),
      twoDisks,
      /^RAID sets that contain '\/boot file system' must have one of the following device types: partition/u,
    ],
    [
      'a /boot that is encrypted as a whole',
      MIRROR.map((line) => (line.startsWith('raid /boot') ? `${line} --encrypted --passphrase=x` : line)),
      twoDisks,
      /\/boot cannot be encrypted/u,
    ],
    [
      'an EFI system partition that is in pieces',
      [...withMembers(2, 'raid /boot/efi --fstype=efi --device=efi --level=0 raid.1 raid.2')].filter(
        (line) => !line.startsWith('part /boot/efi'),
      ),
      facts(),
      /^RAID sets that contain 'EFI System Partition' must have one of the following raid levels: raid1/u,
    ],
    [
      'an EFI system partition under BIOS, on a RAID',
      [...MIRROR.slice(0, -2), 'raid /boot/efi --fstype=efi --level=1 --device=efi raid.11 raid.12'],
      { ...twoDisks, firmware: 'bios' },
      /^The "EFI System Partition" file system type is not supported/u,
    ],
    [
      'a root on a RAID that the system does not fit into',
      MIRROR.map((line) => line.replace('--size=4096 --grow', '--size=600')),
      twoDisks,
      /^Not enough space in file systems/u,
    ],
    ...['--useexisting', '--noformat', '--fsprofile=x'].map((option): Bad => [
      `what it cannot do: raid ${option}`,
      [...PHYLLOME, `raid /srv --device=srv --level=1 ${option}`],
      facts(),
      new RegExp(`does not carry out raid ${option}`, 'u'),
    ]),
    [
      'a volume group of a partition that is not there',
      [...PHYLLOME, 'volgroup vg pv.01'],
      facts(),
      /^Tried to use undefined partition "pv\.01" in Volume Group specification/u,
    ],
    [
      'a partition that two volume groups want',
      [...PHYLLOME, 'part pv.01 --size=100', 'volgroup vg pv.01', 'volgroup wg pv.01'],
      facts(),
      /^"pv\.01" is named twice: it can be part of one PV only/u,
    ],
    [
      'a volume group of what is for a RAID',
      withMembers(2, 'raid /srv --device=srv --level=1 raid.1 raid.2', 'volgroup vg raid.1'),
      facts(),
      /^Physical volume "raid\.1" has a format of "mdmember", but should have a format of "lvmpv"/u,
    ],
    ['a volume group of nothing', [...PHYLLOME, 'volgroup vg'], facts(), /defined without any physical volumes/u],
    [
      'a logical volume of no group',
      [...PHYLLOME, 'logvol /srv --vgname=vg --name=srv --size=100'],
      facts(),
      /^No volume group exists with the name "vg"/u,
    ],
    [
      'two logical volumes of one name',
      [...LVM, 'logvol /srv --vgname=vg --name=root --size=100'],
      facts(),
      /^Logical volume name "root" is already in use in volume group "vg"/u,
    ],
    [
      'logical volumes that do not fit',
      [...LVM, 'logvol /srv --vgname=vg --name=srv --size=9000'],
      facts(),
      /^Unable to allocate requested partition scheme/u,
    ],
    [
      'a boot loader that has to read a logical volume',
      LVM.filter((line) => !line.startsWith('part /boot ')),
      facts(),
      /^The boot loader cannot read \/ from a logical volume/u,
    ],
    [
      'a name of a logical volume that is none',
      [...LVM, 'logvol /srv --vgname=vg --name=a;b --size=100'],
      facts(),
      /is not a name of a logical volume/u,
    ],
    [
      'a subvolume of nothing',
      [...WHOLE, 'btrfs / --subvol --name=root LABEL=top'],
      facts(),
      /^The Btrfs volume "top" of a subvolume does not exist/u,
    ],
    ['a Btrfs of nothing', [...WHOLE, 'btrfs / --label=top'], facts(), /^Btrfs volume defined without any member/u],
    [
      'an encrypted Btrfs that the boot loader has to read',
      [...WHOLE, 'reqpart', 'part btrfs.01 --size=4096 --encrypted', 'btrfs / btrfs.01'],
      facts(),
      /\/boot cannot be encrypted/u,
    ],
    [
      'what it cannot do: an option',
      [...WHOLE, 'part / --size=10 --useexisting'],
      facts(),
      /does not carry out part --useexisting/u,
    ],
    [
      'what it cannot do: thin volumes',
      [...WHOLE, 'autopart --type=thinp'],
      facts(),
      /does not carry out autopart --type=thinp/u,
    ],
  ])('%s', (_, lines, machine, message) => {
    expect(refusal(lines, machine)).toMatch(message);
  });

  test('two empty disks, of which none is named: which one may be erased, nobody said', () => {
    const two = facts({ disks: [disk('vda', 10), disk('vdb', 20)] });
    expect(refusal(PHYLLOME, two)).toMatch(/^There are 2 disks, vda and vdb/u);
    expect(refusal(['ignoredisk --only-use=vda', ...PHYLLOME], two)).toBeUndefined();
  });

  test('with the line of the kickstart', () => {
    expect(() => layout([...WHOLE, 'part /boot/efi --size=512', 'part / --size=999999'])).toThrow(
      expect.objectContaining({ line: 4 }),
    );
    const lines = withMembers(1, 'raid /srv --level=1 raid.1');
    expect(() => layout(lines)).toThrow(expect.objectContaining({ line: lines.length }));
  });
});

const part = (sizeMiB: number, more: Partial<PartitionRequest> = {}): PartitionRequest => ({
  mountPoint: '/x',
  fileSystem: 'ext4',
  sizeMiB,
  grow: true,
  maxSizeMiB: undefined,
  percent: undefined,
  label: undefined,
  options: undefined,
  mkfsOptions: [],
  onDisk: undefined,
  encryption: undefined,
  member: undefined,
  line: 1,
  ...more,
});

describe('what grows', () => {
  test.each([
    ['shares what is left by size', [part(100), part(300)], 1000, [250, 750]],
    [
      'stops at its greatest size, and leaves the rest to others',
      [part(100, { maxSizeMiB: 150 }), part(100)],
      1000,
      [150, 850],
    ],
    ['is all that grows', [part(100, { grow: false }), part(1)], 1000, [100, 900]],
    ['takes a share of the whole first', [part(1, { grow: false, percent: 25 }), part(1)], 1000, [250, 750]],
    ['may stop before the disk is full', [part(10, { maxSizeMiB: 20 })], 1000, [20]],
  ])('%s', (_, requests, room, sizes) => {
    expect(grown(requests, room)).toEqual(sizes);
  });

  test('never has more than there is', () => {
    for (const room of [700, 701, 1023, 4099]) {
      const sizes = grown([part(333), part(77), part(101, { maxSizeMiB: 140 })], room);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(room);
    }
  });
});

test.each([
  ['vda', '/dev/vda2'],
  ['sdb', '/dev/sdb2'],
  ['nvme0n1', '/dev/nvme0n1p2'],
  ['mmcblk0', '/dev/mmcblk0p2'],
])('the second partition of %s is %s', (name, device) => {
  expect(deviceOf(name, 2)).toBe(device);
});
