import type { Disk, MachineFacts } from './disks.ts';
import { StorageRefusal } from './refusal.ts';
import type { PartitionRequest, StorageRequest } from './request.ts';

/** A partition as it will be made. */
export interface Partition extends PartitionRequest {
  disk: string;
  /** Its number on the disk, from 1. */
  number: number;
  /** `/dev/vda1`. */
  device: string;
  startMiB: number;
}

/** What is going to be on the disks. */
export interface Layout {
  partitions: Partition[];
  /** Disks that get a new GPT: all that was on them is lost. */
  erased: string[];
  /** Where the boot loader goes on BIOS, and is looked for by either firmware. */
  bootDisk: string;
}

const mebibyte = 2 ** 20;
/** The first partition starts here, and the copy of the GPT at the end of the disk has as much. */
const alignedMiB = 1;
const gptEndMiB = 1;

/** Sizes of what the firmware needs, as anaconda's `reqpart` makes them (`pyanaconda/modules/storage/platform.py`). */
const efiMiB = { size: 500, max: 600 };
const bootMiB = 2048;

/**
 * Where every partition goes. Pure: nothing is changed, and whatever cannot be is refused here, in anaconda's order:
 * disks, sizes, then the checks of the result.
 *
 * @throws {StorageRefusal}
 */
export function planLayout(request: StorageRequest, facts: MachineFacts): Layout {
  const disks = usableDisks(request, facts);
  requireMakeable(request, facts);
  const wanted = inOrder([...required(request, facts), ...request.partitions]);
  const layout = allocate(wanted, disks, request);
  check(layout, request, facts);
  return layout;
}

/** The disks that may be used and will be erased, largest first as blivet has them for the same name order. */
function usableDisks(request: StorageRequest, { disks }: MachineFacts): Disk[] {
  const names = new Set(disks.map(({ name }) => name));
  const mustExist = (drives: readonly string[], command: string): void => {
    for (const drive of drives)
      if (!names.has(drive)) throw new StorageRefusal(`Disk "${drive}" given in ${command} command does not exist.`);
  };
  mustExist([...request.ignoredDrives, ...(request.onlyUse ?? [])], 'ignoredisk');
  mustExist(request.clear.drives, 'clearpart');
  const selected = disks.filter(
    ({ name }) => !request.ignoredDrives.includes(name) && (request.onlyUse?.includes(name) ?? true),
  );
  if (selected.length === 0)
    throw new StorageRefusal(
      'No disks detected.  Please shut down the computer, connect at least one disk, and restart to complete installation.',
    );
  for (const { onDisk, line } of request.partitions)
    if (onDisk !== undefined && !names.has(onDisk))
      throw new StorageRefusal(`Specified nonexistent disk ${onDisk} in partition command`, line);
  const free = selected.filter(
    (disk) => !disk.readOnly && (isCleared(disk, request) || (disk.contents.length === 0 && isInitialized(request))),
  );
  if (free.length > 1 && !request.drivesNamed)
    throw new StorageRefusal(
      `There are ${free.length} disks, ${free.map(({ name }) => name).join(' and ')}, and the kickstart does not say which of them may be erased: name them by ignoredisk --only-use.`,
    );
  return free;
}

/** Whether `clearpart` takes everything that is on the disk. */
function isCleared({ name, contents }: Disk, { clear }: StorageRequest): boolean {
  if (clear.mode === 'none' || (clear.drives.length > 0 && !clear.drives.includes(name))) return false;
  if (clear.mode === 'all') return contents.length > 0 || clear.initLabel;
  return (
    contents.length > 0 &&
    contents.every((one) => /\((?:ext[234]|xfs|btrfs|swap|LVM2_member|crypto_LUKS)\)$/u.test(one))
  );
}

/** Whether a disk on which nothing is known to be gets a label. */
const isInitialized = ({ zerombr, clear }: StorageRequest): boolean =>
  zerombr || (clear.mode !== 'none' && clear.initLabel);

/** Of an EFI system partition there is no file system under BIOS (blivet, `blivet/formats/fs.py`, `EFIFS.supported`). */
function requireMakeable({ partitions }: StorageRequest, { firmware }: MachineFacts): void {
  if (firmware === 'uefi') return;
  const efi = partitions.find(({ mountPoint, fileSystem }) => mountPoint === '/boot/efi' || fileSystem === 'efi');
  if (efi === undefined) return;
  const name = efi.mountPoint === '/boot/efi' ? 'EFI System Partition' : 'efi';
  throw new StorageRefusal(`The "${name}" file system type is not supported.`, efi.line);
}

/** What `reqpart` and `autopart` add for the firmware. A line for the same place takes the place of it, as in anaconda. */
function required(request: StorageRequest, { firmware }: MachineFacts): PartitionRequest[] {
  if (request.required === undefined) return [];
  const { boot, line } = request.required;
  const common = { percent: undefined, label: undefined, options: undefined, mkfsOptions: [], onDisk: undefined };
  const plain = { ...common, encryption: undefined, line, grow: false, maxSizeMiB: undefined };
  const forFirmware: PartitionRequest =
    firmware === 'bios'
      ? { ...plain, mountPoint: undefined, fileSystem: 'biosboot', sizeMiB: 1 }
      : {
          ...plain,
          mountPoint: '/boot/efi',
          fileSystem: 'efi',
          sizeMiB: efiMiB.size,
          grow: true,
          maxSizeMiB: efiMiB.max,
          options: 'umask=0077,shortname=winnt',
        };
  const forBoot: PartitionRequest = { ...plain, mountPoint: '/boot', fileSystem: 'ext4', sizeMiB: bootMiB };
  const named = new Set(request.partitions.flatMap(({ mountPoint }) => mountPoint ?? []));
  return [forFirmware, ...(boot ? [forBoot] : [])].filter(
    ({ mountPoint }) => mountPoint === undefined || !named.has(mountPoint),
  );
}

const rank = ({ fileSystem, mountPoint, grow }: PartitionRequest): number =>
  fileSystem === 'biosboot' ? 0 : fileSystem === 'efi' ? 1 : mountPoint === '/boot' ? 2 : grow ? 4 : 3;

/** As blivet sorts requests: what the firmware reads first, then `/boot`, what does not grow, and what does. */
function inOrder(partitions: readonly PartitionRequest[]): PartitionRequest[] {
  return partitions.toSorted((one, other) => rank(one) - rank(other));
}

const noRoom = (line?: number): StorageRefusal =>
  new StorageRefusal('Unable to allocate requested partition scheme.', line);

function allocate(wanted: readonly PartitionRequest[], disks: readonly Disk[], request: StorageRequest): Layout {
  const bootDisk = disks.find(({ name }) => name === request.bootDrive) ?? disks[0];
  if (bootDisk === undefined) throw noRoom(wanted[0]?.line);
  if (request.bootDrive !== undefined && bootDisk.name !== request.bootDrive)
    throw new StorageRefusal(`Requested boot drive "${request.bootDrive}" doesn't exist or cannot be used.`);
  const perDisk = new Map(disks.map((disk) => [disk.name, [] as PartitionRequest[]]));
  const room = new Map(disks.map(({ name, bytes }) => [name, roomOf(bytes)]));
  for (const one of wanted) {
    const names = one.onDisk === undefined ? [bootDisk.name, ...room.keys()] : [one.onDisk];
    const name = names.find((candidate) => (room.get(candidate) ?? 0) >= one.sizeMiB);
    if (name === undefined) throw noRoom(one.line);
    room.set(name, (room.get(name) ?? 0) - one.sizeMiB);
    perDisk.get(name)?.push(one);
  }
  const used = disks.filter(({ name }) => (perDisk.get(name)?.length ?? 0) > 0);
  const partitions = used.flatMap((disk) => place(perDisk.get(disk.name) ?? [], disk));
  return { partitions, erased: used.map(({ name }) => name), bootDisk: bootDisk.name };
}

const roomOf = (bytes: number): number => Math.floor(bytes / mebibyte) - alignedMiB - gptEndMiB;

/** Gives what is left of a disk to those that grow, and each its place. */
function place(requests: readonly PartitionRequest[], { name, bytes }: Disk): Partition[] {
  const sizes = grown(requests, roomOf(bytes));
  let startMiB = alignedMiB;
  return requests.map((request, index) => {
    const sizeMiB = sizes[index] ?? request.sizeMiB;
    const number = index + 1;
    const partition = { ...request, disk: name, number, device: deviceOf(name, number), startMiB, sizeMiB };
    startMiB += sizeMiB;
    return partition;
  });
}

/** `vda1`, `nvme0n1p1`, with `/dev/` before it. */
export const deviceOf = (disk: string, number: number): string =>
  `/dev/${disk}${/\d$/u.test(disk) ? 'p' : ''}${number}`;

/**
 * Sizes in MiB: first a percentage of the room, then what is left shared out among those that grow, in proportion to
 * their sizes, none beyond its `--maxsize` (blivet, `blivet/partitioning.py`, `Chunk.grow_requests`). Pure.
 */
export function grown(requests: readonly PartitionRequest[], roomMiB: number): number[] {
  const sizes = requests.map(({ sizeMiB, percent }) =>
    percent === undefined ? sizeMiB : Math.max(sizeMiB, Math.floor((roomMiB * percent) / 100)),
  );
  let left = roomMiB - sizes.reduce((sum, size) => sum + size, 0);
  if (left < 0)
    throw new StorageRefusal(
      'Unable to allocate requested partition scheme.',
      requests.find(({ percent }) => percent)?.line,
    );
  let open = requests.flatMap(({ grow }, index) => (grow ? [index] : []));
  while (open.length > 0 && left > 0) {
    const base = open.reduce((sum, index) => sum + (requests[index]?.sizeMiB ?? 0), 0);
    const share = left;
    for (const index of open) {
      const request = requests[index];
      const now = sizes[index];
      if (request === undefined || now === undefined) continue;
      const more = Math.min(Math.floor((share * request.sizeMiB) / base), (request.maxSizeMiB ?? Infinity) - now);
      sizes[index] = now + Math.max(0, more);
      left -= Math.max(0, more);
    }
    const further = open.filter((index) => (sizes[index] ?? 0) < (requests[index]?.maxSizeMiB ?? Infinity));
    // Less than one each is left: the last one takes it.
    if (further.length === open.length) {
      const last = further.at(-1);
      if (last !== undefined) sizes[last] = Math.min((sizes[last] ?? 0) + left, requests[last]?.maxSizeMiB ?? Infinity);
      break;
    }
    open = further;
  }
  return sizes;
}

/** anaconda's checks of a configured storage (`pyanaconda/modules/storage/checker/utils.py`), and of the room. */
function check({ partitions, bootDisk }: Layout, request: StorageRequest, facts: MachineFacts): void {
  const at = (mountPoint: string): Partition | undefined =>
    partitions.find((partition) => partition.mountPoint === mountPoint);
  const twice = partitions.find(
    (one, index) =>
      one.mountPoint !== undefined && partitions.findIndex((other) => other.mountPoint === one.mountPoint) < index,
  );
  if (twice !== undefined)
    throw new StorageRefusal(`The mount point "${twice.mountPoint}" is already in use.`, twice.line);
  const root = at('/');
  if (root === undefined)
    throw new StorageRefusal(
      'You have not defined a root partition (/), which is required for installation of Phyllome OS to continue.',
    );
  if (['vfat', 'efi'].includes(root.fileSystem))
    throw new StorageRefusal(`The root file system cannot be on a ${root.fileSystem} file system.`, root.line);
  const boot = at('/boot') ?? root;
  if (boot.encryption !== undefined)
    throw new StorageRefusal(
      'Encryption requested for LUKS device(s) that the boot loader must read: /boot cannot be encrypted.',
      boot.line,
    );
  const efi = at('/boot/efi');
  if (efi !== undefined && efi.fileSystem !== 'efi' && efi.fileSystem !== 'vfat')
    throw new StorageRefusal(`/boot/efi must be on a file system of type efi.`, efi.line);
  if (!request.noBootLoader && facts.firmware === 'uefi' && efi === undefined)
    throw new StorageRefusal(
      'For a UEFI installation, you must include an EFI System Partition on a GPT-formatted disk, mounted at /boot/efi.',
    );
  if (
    !request.noBootLoader &&
    facts.firmware === 'bios' &&
    !partitions.some(({ fileSystem, disk }) => fileSystem === 'biosboot' && disk === bootDisk)
  )
    throw new StorageRefusal(
      `Your BIOS-based system needs a special partition to boot from a GPT disk label. To continue, please create a 1MiB 'biosboot' type partition on the ${bootDisk} disk.`,
    );
  requireRoom(root, partitions, facts);
}

/** Of a file system, what is left for files. */
const usableShare = 0.93;
/** Kernel and initramfs, which go to `/boot`. */
const bootBytes = 150 * mebibyte;

function requireRoom(root: Partition, partitions: readonly Partition[], { payloadBytes }: MachineFacts): void {
  const usr = partitions.find(({ mountPoint }) => mountPoint === '/usr');
  const main = usr ?? root;
  const needed = payloadBytes + (partitions.some(({ mountPoint }) => mountPoint === '/boot') ? 0 : bootBytes);
  const missing = needed - main.sizeMiB * mebibyte * usableShare;
  if (missing > 0)
    throw new StorageRefusal(
      `Not enough space in file systems for the current software selection. An additional ${Math.ceil(missing / mebibyte)} MiB is needed.`,
      main.line,
    );
}
