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

describe('anaconda refuses', () => {
  test.each([
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
    ['what it cannot do: RAID', [...WHOLE, 'part raid.01 --size=10'], facts(), /does not carry out part raid\.01/u],
    ['what it cannot do: arrays', [...PHYLLOME, 'raid / --level=1'], facts(), /does not carry out raid/u],
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
      /^Tried to use undefined partition "pv\.01"/u,
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
