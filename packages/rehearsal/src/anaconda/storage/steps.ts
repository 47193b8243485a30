import type { BtrfsVolume, Carrier, Group, Layout, Partition, RaidArray } from './layout.ts';
import { raidLevels } from './raid.ts';
import type { FileSystemRequest } from './request.ts';
import { StorageRefusal } from './refusal.ts';

/** One program to be run by the installer, outside of the installed system. */
export interface Step {
  argv: readonly string[];
  /** What it reads. Never shown: it may be a passphrase. */
  input?: string;
  /** What anaconda says when it begins. */
  announce?: string;
}

/** A file system, or swap, and where it is. */
interface Volume {
  place: FileSystemRequest;
  /** What carries the file system: a partition, an array, a logical volume, or what opens when it is decrypted. */
  device: string;
  uuid: string;
  /** Of Btrfs: what of it is mounted, other than its top. */
  subvolume?: string;
}

/** Something encrypted. */
interface Encrypted {
  /** What is encrypted. */
  source: string;
  /** Of the LUKS header. */
  luksUuid: string;
}

/** How the layout is made, and what the installed system must know of it. */
export interface StoragePlan {
  layout: Layout;
  volumes: Volume[];
  encrypted: Encrypted[];
  /** Partition tables, encryption, file systems. */
  make: Step[];
  /** In the order in which they are mounted, below the sysimage. */
  mounts: { device: string; path: string; type: string; options: string | undefined }[];
  fstab: string;
  /** Empty when nothing is encrypted. */
  crypttab: string;
  /** Empty when there is no array. */
  mdadmConf: string;
  /** What has to be let go of before the machine ends, once nothing is mounted: the last that was made first. */
  release: Step[];
  /** Kernel arguments that find the root file system, and swap. */
  kernelArguments: string[];
}

/** GUIDs of partition types (UEFI specification 2.10, 5.3.3; uapi-group.org, Discoverable Partitions). */
const partitionTypes = {
  efi: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
  biosboot: '21686148-6449-6E6F-744E-656564454649',
  swap: '0657FD6D-A4AB-43C4-84E5-0933C84B4F4F',
  raid: 'A19D880F-05FC-4D3B-A006-743F0F84911E',
  lvm: 'E6D6D379-F507-44C2-A23C-238F2A3DF928',
  linux: '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
} as const;

/**
 * The programs that make a layout, in their order. Pure.
 *
 * @param newUuid a new UUID each time
 * @param passphraseOf what encrypts a device
 */
export function planStorage(
  layout: Layout,
  { newUuid, passphraseOf }: { newUuid: () => string; passphraseOf: (device: string) => string },
): StoragePlan {
  const encrypted: Encrypted[] = [];
  /** What to use of a device: itself, or what opens when it is decrypted. */
  const opened = (source: string, place: FileSystemRequest): string => {
    if (place.encryption === undefined) return source;
    const luksUuid = newUuid();
    encrypted.push({ source, luksUuid });
    return mapperOf(luksUuid);
  };
  const parts = [...layout.partitions, ...layout.arrays].filter(({ member }) => member !== undefined);
  const members = new Map(parts.map((one) => [one.device, opened(one.device, one)]));
  const deviceOf = ({ device }: Carrier): string => members.get(device) ?? device;
  const arrays = layout.arrays.map((array) => ({ array, uuid: raidUuid(newUuid()) }));
  const single = [
    ...layout.partitions.filter(({ fileSystem, member }) => fileSystem !== 'biosboot' && member === undefined),
    ...layout.arrays.filter(({ member }) => member === undefined),
    ...layout.groups.flatMap(({ volumes }) => volumes),
  ].map((place): Volume => {
    const device = opened(place.device, place);
    const long = newUuid();
    return { place, device, uuid: isFat(place) ? fatSerial(long) : long };
  });
  const btrfs = layout.btrfs.map((volume) => ({ volume, uuid: newUuid(), devices: volume.on.map(deviceOf) }));
  const volumes = [...single, ...btrfs.flatMap((one) => mountedOf(one))];
  const root = volumes.find(({ place }) => place.mountPoint === '/');
  if (root === undefined) throw new StorageRefusal('You have not defined a root partition (/).');
  const mounted = volumes
    .flatMap((volume) => (volume.place.mountPoint === undefined ? [] : [{ ...volume, at: volume.place.mountPoint }]))
    .toSorted((one, other) => depth(one.at) - depth(other.at));
  const carriers = rootCarriers(layout);
  const encrypt = (source: string, place: FileSystemRequest): Step[] => {
    const found = encrypted.find((one) => one.source === source);
    return found === undefined ? [] : encryptSteps(found, place, passphraseOf(source));
  };
  return {
    layout,
    volumes,
    encrypted,
    make: [
      ...layout.erased.flatMap((disk) => label(disk, layout)),
      settle,
      ...layout.partitions.filter(({ member }) => member !== undefined).flatMap((one) => encrypt(one.device, one)),
      ...arrays.flatMap((one) => arraySteps(one, deviceOf)),
      ...layout.arrays.filter(({ member }) => member !== undefined).flatMap((one) => encrypt(one.device, one)),
      ...layout.groups.flatMap((group) => groupSteps(group, deviceOf)),
      ...btrfs.flatMap((one) => btrfsSteps(one)),
      ...single.flatMap((volume) => [...encrypt(sourceOf(volume, encrypted), volume.place), ...format(volume)]),
      // GRUB's scripts look for file systems by the links that udev makes.
      settle,
    ],
    mounts: mounted.map(({ at, device, place, subvolume }) => ({
      device,
      path: at,
      type: isFat(place) ? 'vfat' : place.fileSystem,
      options: subvolume === undefined ? undefined : `subvol=${subvolume}`,
    })),
    fstab: fstab(volumes),
    crypttab: encrypted.map((one) => crypttabLine(one, carriers.has(one.source))).join(''),
    mdadmConf: mdadmConf(arrays),
    release: releaseSteps(layout, encrypted),
    kernelArguments: [
      `root=UUID=${root.uuid}`,
      'ro',
      ...encrypted.map(({ luksUuid }) => `rd.luks.uuid=luks-${luksUuid}`),
      ...arrayArguments(layout, arrays),
      ...logicalArguments(layout),
    ],
  };
}

const settle: Step = { argv: ['udevadm', 'settle'] };

/**
 * crypttab(5). What the root file system is on cannot be closed while the system shuts down: `x-initrd.attach` leaves that
 * for when it is unmounted, and without it the unit fails each time.
 */
const crypttabLine = ({ luksUuid }: Encrypted, carries: boolean): string =>
  `luks-${luksUuid} UUID=${luksUuid} none discard${carries ? ',x-initrd.attach' : ''}\n`;

const isNeeded = ({ mountPoint }: { mountPoint: string | undefined }): boolean =>
  mountPoint === '/' || mountPoint === '/usr';

/** All that the root file system, or /usr, is on, by what may be encrypted of it. */
const rootCarriers = (layout: Layout): Set<string> => new Set(carriersOf(layout, isNeeded).map(({ device }) => device));

/** What the file systems in question are on, down to partitions. */
function carriersOf(
  { partitions, arrays, groups, btrfs }: Layout,
  inQuestion: (place: Pick<FileSystemRequest, 'mountPoint' | 'fileSystem'>) => boolean,
): { device: string }[] {
  const upper = [
    ...partitions.filter(inQuestion),
    ...arrays.filter(inQuestion),
    ...groups.flatMap(({ members, volumes }) =>
      volumes.some(inQuestion) ? [...members, ...volumes.filter(inQuestion)] : [],
    ),
    ...btrfs.flatMap((volume) =>
      [volume, ...volume.subvolumes].some(({ mountPoint }) => inQuestion({ mountPoint, fileSystem: 'btrfs' }))
        ? volume.on
        : [],
    ),
  ];
  const devices = new Set(upper.map(({ device }) => device));
  return [...upper, ...arrays.flatMap(({ device, members }) => (devices.has(device) ? members : []))];
}

/** As mdadm writes it: four words of eight digits. */
const raidUuid = (uuid: string): string => (uuid.replaceAll('-', '').match(/.{8}/gu) ?? []).join(':');

/** An array and by what it is known. */
interface Identified {
  array: RaidArray;
  uuid: string;
}

/**
 * As libblockdev calls mdadm for blivet, with a UUID that is known beforehand, and for no host: it is assembled by its
 * name wherever its members are, also in an initramfs that knows no host name.
 */
function arraySteps({ array, uuid }: Identified, deviceOf: (member: Carrier) => string): Step[] {
  const { device, name, level, members, spares, chunkKiB, fileSystem, metadata } = array;
  const known = [`--name=${name}`, '--homehost=any', `--uuid=${uuid}`];
  const shape = [`--metadata=${metadata}`, `--level=${level}`, `--raid-devices=${members.length - spares}`];
  const more = [
    ...(spares > 0 ? [`--spare-devices=${spares}`] : []),
    ...(raidLevels[level].redundant ? [`--bitmap=${fileSystem === 'swap' ? 'none' : 'internal'}`] : []),
    ...(chunkKiB === undefined ? [] : [`--chunk=${chunkKiB}`]),
  ];
  return [
    {
      argv: ['mdadm', '--create', device, '--run', ...known, ...shape, ...more, ...members.map(deviceOf)],
      announce: `Creating mdarray on ${device}`,
    },
    settle,
    // What its members held before may be something again where the array begins.
    { argv: ['wipefs', '--all', '--force', device] },
  ];
}

/** mdadm.conf(5), in anaconda's form. */
function mdadmConf(arrays: readonly Identified[]): string {
  if (arrays.length === 0) return '';
  const lines = arrays.map(
    ({ array: { device, level, members, spares }, uuid }) =>
      `ARRAY ${device} level=${level} num-devices=${members.length - spares} UUID=${uuid}`,
  );
  return ['MAILADDR root', 'AUTO +imsm +1.x -all', ...lines.toSorted(), ''].join('\n');
}

/** The arrays that dracut starts: as anaconda has it, those of the root file system, of `/boot` and of swap. */
function arrayArguments(layout: Layout, arrays: readonly Identified[]): string[] {
  const early = carriersOf(
    layout,
    ({ mountPoint, fileSystem }) => isNeeded({ mountPoint }) || mountPoint === '/boot' || fileSystem === 'swap',
  );
  const devices = new Set(early.map(({ device }) => device));
  return arrays.flatMap(({ array, uuid }) => (devices.has(array.device) ? [`rd.md.uuid=${uuid}`] : []));
}

/** Logical volumes, arrays and partitions, each with what is encrypted on it. */
function releaseSteps({ partitions, arrays, groups }: Layout, encrypted: readonly Encrypted[]): Step[] {
  const close = (on: readonly { device: string }[]): Step[] =>
    encrypted
      .filter(({ source }) => on.some(({ device }) => device === source))
      .map(({ luksUuid }) => ({ argv: ['cryptsetup', 'close', `luks-${luksUuid}`] }));
  return [
    ...close(groups.flatMap(({ volumes }) => volumes)),
    ...groups.map(({ name }): Step => ({ argv: ['vgchange', '--activate', 'n', name] })),
    ...close(arrays),
    ...arrays.map(({ device }): Step => ({ argv: ['mdadm', '--stop', device] })),
    ...close(partitions),
  ];
}

const mapperOf = (luksUuid: string): string => `/dev/mapper/luks-${luksUuid}`;

const sourceOf = ({ device }: Volume, encrypted: readonly Encrypted[]): string =>
  encrypted.find(({ luksUuid }) => mapperOf(luksUuid) === device)?.source ?? device;

/** The logical volumes that must be there before the root file system is: dracut starts no other (dracut.cmdline(7)). */
const logicalArguments = ({ groups }: Layout): string[] =>
  groups.flatMap(({ name, volumes }) =>
    volumes
      .filter(({ mountPoint, fileSystem }) => mountPoint === '/' || mountPoint === '/usr' || fileSystem === 'swap')
      .map((volume) => `rd.lvm.lv=${name}/${volume.name}`),
  );

/** As Fedora's profile has it (`data/profile.d/fedora.conf`, btrfs_compression). */
const btrfsOptions = 'compress=zstd:1';

function mountedOf({ volume, uuid, devices }: { volume: BtrfsVolume; uuid: string; devices: string[] }): Volume[] {
  const { mountPoint, label: name, mkfsOptions, subvolumes, line } = volume;
  const common = { fileSystem: 'btrfs', label: name, mkfsOptions, encryption: undefined, line } as const;
  const device = devices[0] ?? '';
  const top: Volume[] =
    mountPoint === undefined ? [] : [{ place: { ...common, mountPoint, options: btrfsOptions }, device, uuid }];
  return [
    ...top,
    ...subvolumes.flatMap((one): Volume[] => {
      if (one.mountPoint === undefined) return [];
      const options = `subvol=${one.name},${btrfsOptions}`;
      return [{ place: { ...common, mountPoint: one.mountPoint, options }, device, uuid, subvolume: one.name }];
    }),
  ];
}

/** Where a Btrfs file system is mounted while its subvolumes are made. */
const btrfsTop = '/run/installer-btrfs';

function btrfsSteps({ volume, uuid, devices }: { volume: BtrfsVolume; uuid: string; devices: string[] }): Step[] {
  const { label: name, data, metadata, mkfsOptions, subvolumes } = volume;
  const profiles = [
    ...(data === undefined ? [] : ['--data', data]),
    ...(metadata === undefined ? [] : ['--metadata', metadata]),
  ];
  const named = name === undefined ? [] : ['-L', name];
  const make: Step = {
    argv: ['mkfs.btrfs', '-f', '-U', uuid, ...named, ...profiles, ...mkfsOptions, ...devices],
    announce: `Creating btrfs on ${devices.join(', ')}`,
  };
  if (subvolumes.length === 0) return [make];
  return [
    make,
    { argv: ['mkdir', '-p', btrfsTop] },
    { argv: ['mount', '-t', 'btrfs', devices[0] ?? '', btrfsTop] },
    ...subvolumes.map((one): Step => ({ argv: ['btrfs', 'subvolume', 'create', `${btrfsTop}/${one.name}`] })),
    { argv: ['umount', btrfsTop] },
  ];
}

function groupSteps({ name, extentMiB, members, volumes }: Group, deviceOf: (member: Carrier) => string): Step[] {
  const devices = members.map(deviceOf);
  return [
    ...devices.map((device): Step => ({
      argv: ['pvcreate', '--yes', '-ff', device],
      announce: `Creating lvmpv on ${device}`,
    })),
    { argv: ['vgcreate', '--physicalextentsize', `${extentMiB}m`, name, ...devices] },
    ...volumes.map((volume): Step => ({
      argv: ['lvcreate', '--yes', '--wipesignatures', 'y', '--size', `${volume.sizeMiB}m`, '--name', volume.name, name],
      announce: `Creating lvmlv ${name}-${volume.name}`,
    })),
  ];
}

const isFat = ({ fileSystem }: FileSystemRequest): boolean => fileSystem === 'efi' || fileSystem === 'vfat';

/** Eight hexadecimal digits, as blkid shows them: `1234-ABCD`. */
const fatSerial = (uuid: string): string => `${uuid.slice(0, 4)}-${uuid.slice(4, 8)}`.toUpperCase();

const depth = (mountPoint: string): number => (mountPoint === '/' ? 0 : mountPoint.split('/').length);

function label(disk: string, layout: Layout): Step[] {
  const lines = layout.partitions
    .filter((partition) => partition.disk === disk)
    .map((partition) => {
      const { startMiB, sizeMiB } = partition;
      const type = partitionTypes[typeOf(partition, layout)];
      return `start=${startMiB}MiB, size=${sizeMiB}MiB, type=${type}\n`;
    });
  return [
    { argv: ['wipefs', '--all', '--force', `/dev/${disk}`], announce: `Creating disklabel on /dev/${disk}` },
    {
      argv: ['sfdisk', '--wipe=always', '--wipe-partitions=always', '--quiet', `/dev/${disk}`],
      input: ['label: gpt\n', ...lines].join(''),
    },
  ];
}

function typeOf({ device, fileSystem, encryption }: Partition, layout: Layout): keyof typeof partitionTypes {
  if (fileSystem === 'efi' || fileSystem === 'biosboot' || fileSystem === 'swap') return fileSystem;
  if (fileSystem !== 'member' || encryption !== undefined) return 'linux';
  const isHere = (member: Carrier): boolean => member.device === device;
  const array = layout.arrays.find(({ members }) => members.some(isHere));
  // The firmware looks for its partition by the type, and knows no arrays.
  if (array !== undefined) return array.mountPoint === '/boot/efi' ? 'efi' : 'raid';
  return layout.groups.some(({ members }) => members.some(isHere)) ? 'lvm' : 'linux';
}

function encryptSteps({ source, luksUuid }: Encrypted, { encryption }: FileSystemRequest, input: string): Step[] {
  const { version = 'luks2', cipher, pbkdf } = encryption ?? {};
  const options = [
    ...(cipher === undefined ? [] : [`--cipher=${cipher}`]),
    ...(pbkdf === undefined ? [] : [`--pbkdf=${pbkdf}`]),
  ];
  return [
    {
      argv: [...luks('luksFormat'), `--type=${version}`, `--uuid=${luksUuid}`, ...options, source],
      input,
      announce: `Creating luks on ${source}`,
    },
    { argv: [...luks('open'), '--allow-discards', source, `luks-${luksUuid}`], input },
  ];
}

function format({ place, device, uuid }: Volume): Step[] {
  const { fileSystem, mkfsOptions } = place;
  const announce = `Creating ${fileSystem} on ${device}`;
  const name = place.label;
  if (isFat(place)) {
    const named = name === undefined ? [] : ['-n', name];
    return [{ argv: ['mkfs.vfat', '-i', uuid.replace('-', ''), ...named, ...mkfsOptions, device], announce }];
  }
  const named = name === undefined ? [] : ['-L', name];
  if (fileSystem === 'swap') return [{ argv: ['mkswap', '-U', uuid, ...named, device], announce }];
  const uuidOptions =
    fileSystem === 'xfs'
      ? ['-f', '-m', `uuid=${uuid}`]
      : fileSystem === 'btrfs'
        ? ['-f', '-U', uuid]
        : ['-F', '-q', '-U', uuid];
  return [{ argv: [`mkfs.${fileSystem}`, ...uuidOptions, ...named, ...mkfsOptions, device], announce }];
}

/** The passphrase comes on standard input, whole: `--key-file=-` takes line ends as they are. */
const luks = (action: 'luksFormat' | 'open'): string[] => ['cryptsetup', action, '--batch-mode', '--key-file=-'];

/** fstab(5), in anaconda's form: by UUID, the root file system first. */
function fstab(volumes: readonly Volume[]): string {
  const line = ({ place, uuid }: Volume): string => {
    const { mountPoint, fileSystem } = place;
    if (mountPoint === undefined) return `UUID=${uuid} none swap ${place.options ?? 'defaults'} 0 0`;
    const fallback = fileSystem === 'efi' ? 'umask=0077,shortname=winnt' : 'defaults';
    const check = isFat(place) ? '0 2' : mountPoint === '/' ? '1 1' : '1 2';
    return `UUID=${uuid} ${mountPoint} ${isFat(place) ? 'vfat' : fileSystem} ${place.options ?? fallback} ${fileSystem === 'btrfs' || fileSystem === 'xfs' ? '0 0' : check}`;
  };
  return `${volumes
    .toSorted((one, other) => depth(one.place.mountPoint ?? '/~/~') - depth(other.place.mountPoint ?? '/~/~'))
    .map(line)
    .join('\n')}\n`;
}
