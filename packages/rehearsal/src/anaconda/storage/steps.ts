import type { Layout, Partition } from './layout.ts';
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
  partition: Partition;
  /** What carries the file system: the partition, or what opens when it is decrypted. */
  device: string;
  uuid: string;
  /** Of the LUKS header, when it is encrypted. */
  luksUuid: string | undefined;
}

/** How the layout is made, and what the installed system must know of it. */
export interface StoragePlan {
  layout: Layout;
  volumes: Volume[];
  /** Partition tables, encryption, file systems. */
  make: Step[];
  /** In the order in which they are mounted, below the sysimage. */
  mounts: { device: string; path: string; type: string }[];
  fstab: string;
  /** Empty when nothing is encrypted. */
  crypttab: string;
  /** Kernel arguments that find the root file system. */
  kernelArguments: string[];
}

/** GUIDs of partition types (UEFI specification 2.10, 5.3.3; uapi-group.org, Discoverable Partitions). */
const partitionTypes = {
  efi: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
  biosboot: '21686148-6449-6E6F-744E-656564454649',
  swap: '0657FD6D-A4AB-43C4-84E5-0933C84B4F4F',
  linux: '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
} as const;

/**
 * The programs that make a layout, in their order. Pure.
 *
 * @param newUuid a new UUID each time
 * @param passphraseOf what encrypts a partition
 */
export function planStorage(
  layout: Layout,
  { newUuid, passphraseOf }: { newUuid: () => string; passphraseOf: (partition: Partition) => string },
): StoragePlan {
  const volumes = layout.partitions
    .filter(({ fileSystem }) => fileSystem !== 'biosboot')
    .map((partition): Volume => {
      const luksUuid = partition.encryption === undefined ? undefined : newUuid();
      const device = luksUuid === undefined ? partition.device : `/dev/mapper/luks-${luksUuid}`;
      const long = newUuid();
      return { partition, device, luksUuid, uuid: isFat(partition) ? fatSerial(long) : long };
    });
  const root = volumes.find(({ partition }) => partition.mountPoint === '/');
  if (root === undefined) throw new StorageRefusal('You have not defined a root partition (/).');
  const encrypted = volumes.filter(({ luksUuid }) => luksUuid !== undefined);
  const mounted = volumes
    .flatMap((volume) =>
      volume.partition.mountPoint === undefined ? [] : [{ ...volume, at: volume.partition.mountPoint }],
    )
    .toSorted((one, other) => depth(one.at) - depth(other.at));
  return {
    layout,
    volumes,
    make: [
      ...layout.erased.flatMap((disk) => label(disk, layout)),
      { argv: ['udevadm', 'settle'] },
      ...volumes.flatMap((volume) => format(volume, passphraseOf)),
      // GRUB's scripts look for file systems by the links that udev makes.
      { argv: ['udevadm', 'settle'] },
    ],
    mounts: mounted.map(({ at, device, partition }) => ({
      device,
      path: at,
      type: isFat(partition) ? 'vfat' : partition.fileSystem,
    })),
    fstab: fstab(volumes),
    crypttab: encrypted.map(({ luksUuid }) => `luks-${luksUuid} UUID=${luksUuid} none discard\n`).join(''),
    kernelArguments: [
      `root=UUID=${root.uuid}`,
      'ro',
      ...encrypted.map(({ luksUuid }) => `rd.luks.uuid=luks-${luksUuid}`),
    ],
  };
}

const isFat = ({ fileSystem }: Partition): boolean => fileSystem === 'efi' || fileSystem === 'vfat';

/** Eight hexadecimal digits, as blkid shows them: `1234-ABCD`. */
const fatSerial = (uuid: string): string => `${uuid.slice(0, 4)}-${uuid.slice(4, 8)}`.toUpperCase();

const depth = (mountPoint: string): number => (mountPoint === '/' ? 0 : mountPoint.split('/').length);

function label(disk: string, { partitions }: Layout): Step[] {
  const lines = partitions
    .filter((partition) => partition.disk === disk)
    .map(({ startMiB, sizeMiB, fileSystem }) => {
      const type =
        fileSystem === 'efi' || fileSystem === 'biosboot' || fileSystem === 'swap'
          ? partitionTypes[fileSystem]
          : partitionTypes.linux;
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

function format({ partition, device, uuid, luksUuid }: Volume, passphraseOf: (partition: Partition) => string): Step[] {
  const { encryption, fileSystem, mkfsOptions } = partition;
  const steps: Step[] = [];
  if (encryption !== undefined && luksUuid !== undefined) {
    const input = passphraseOf(partition);
    const options = [
      ...(encryption.cipher === undefined ? [] : [`--cipher=${encryption.cipher}`]),
      ...(encryption.pbkdf === undefined ? [] : [`--pbkdf=${encryption.pbkdf}`]),
    ];
    steps.push(
      {
        argv: [
          ...luks('luksFormat'),
          `--type=${encryption.version}`,
          `--uuid=${luksUuid}`,
          ...options,
          partition.device,
        ],
        input,
        announce: `Creating luks on ${partition.device}`,
      },
      { argv: [...luks('open'), '--allow-discards', partition.device, `luks-${luksUuid}`], input },
    );
  }
  const announce = `Creating ${fileSystem} on ${device}`;
  const name = partition.label;
  if (isFat(partition)) {
    const named = name === undefined ? [] : ['-n', name];
    return [...steps, { argv: ['mkfs.vfat', '-i', uuid.replace('-', ''), ...named, ...mkfsOptions, device], announce }];
  }
  const named = name === undefined ? [] : ['-L', name];
  if (fileSystem === 'swap') return [...steps, { argv: ['mkswap', '-U', uuid, ...named, device], announce }];
  const uuidOptions =
    fileSystem === 'xfs'
      ? ['-f', '-m', `uuid=${uuid}`]
      : fileSystem === 'btrfs'
        ? ['-f', '-U', uuid]
        : ['-F', '-q', '-U', uuid];
  return [...steps, { argv: [`mkfs.${fileSystem}`, ...uuidOptions, ...named, ...mkfsOptions, device], announce }];
}

/** The passphrase comes on standard input, whole: `--key-file=-` takes line ends as they are. */
const luks = (action: 'luksFormat' | 'open'): string[] => ['cryptsetup', action, '--batch-mode', '--key-file=-'];

/** fstab(5), in anaconda's form: by UUID, the root file system first. */
function fstab(volumes: readonly Volume[]): string {
  const line = ({ partition, uuid }: Volume): string => {
    const { mountPoint, fileSystem } = partition;
    if (mountPoint === undefined) return `UUID=${uuid} none swap ${partition.options ?? 'defaults'} 0 0`;
    const fallback = fileSystem === 'efi' ? 'umask=0077,shortname=winnt' : 'defaults';
    const check = isFat(partition) ? '0 2' : mountPoint === '/' ? '1 1' : '1 2';
    return `UUID=${uuid} ${mountPoint} ${isFat(partition) ? 'vfat' : fileSystem} ${partition.options ?? fallback} ${fileSystem === 'btrfs' || fileSystem === 'xfs' ? '0 0' : check}`;
  };
  return `${volumes
    .toSorted((one, other) => depth(one.partition.mountPoint ?? '/~/~') - depth(other.partition.mountPoint ?? '/~/~'))
    .map(line)
    .join('\n')}\n`;
}
