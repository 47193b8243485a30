import type { Disk, MachineFacts } from './disks.ts';
import { memberDataMiB, raidLevels } from './raid.ts';
import { StorageRefusal } from './refusal.ts';
import type {
  ArrayRequest,
  BtrfsRequest,
  FileSystemRequest,
  LogicalRequest,
  PartitionRequest,
  SizeRequest,
  StorageRequest,
} from './request.ts';

/** A partition as it will be made. */
export interface Partition extends PartitionRequest {
  disk: string;
  /** Its number on the disk, from 1. */
  number: number;
  /** `/dev/vda1`. */
  device: string;
  startMiB: number;
}

/** A software RAID as it will be made. */
export interface RaidArray extends Omit<ArrayRequest, 'members'> {
  /** `/dev/md/root`. */
  device: string;
  members: Partition[];
  /** What it holds, at least. */
  sizeMiB: number;
  /** Of the superblocks on its members. */
  metadata: '1.0' | '1.2';
}

/** What a volume group or a Btrfs file system may be on. */
export type Carrier = Partition | RaidArray;

/** A volume group and what is in it. */
export interface Group {
  name: string;
  extentMiB: number;
  members: Carrier[];
  volumes: LogicalVolume[];
}

/** A logical volume as it will be made. */
export interface LogicalVolume extends LogicalRequest {
  /** `/dev/mapper/fedora-root`. */
  device: string;
}

/** A Btrfs file system as it will be made. */
export interface BtrfsVolume extends BtrfsRequest {
  on: Carrier[];
}

/** What is going to be on the disks. */
export interface Layout {
  partitions: Partition[];
  arrays: RaidArray[];
  groups: Group[];
  btrfs: BtrfsVolume[];
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
  const free = disks.reduce((sum, { bytes }) => sum + roomOf(bytes), 0);
  const partitions = request.partitions.filter(({ fromRoomMiB = 0 }) => fromRoomMiB <= free);
  const wanted = inOrder([...required(request, facts), ...partitions]);
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
    contents.every((one) => /\((?:ext[234]|xfs|btrfs|swap|LVM2_member|linux_raid_member|crypto_LUKS)\)$/u.test(one))
  );
}

/** Whether a disk on which nothing is known to be gets a label. */
const isInitialized = ({ zerombr, clear }: StorageRequest): boolean =>
  zerombr || (clear.mode !== 'none' && clear.initLabel);

/** Of an EFI system partition there is no file system under BIOS (blivet, `blivet/formats/fs.py`, `EFIFS.supported`). */
function requireMakeable({ partitions, arrays }: StorageRequest, { firmware }: MachineFacts): void {
  if (firmware === 'uefi') return;
  const efi = [...partitions, ...arrays].find(
    ({ mountPoint, fileSystem }) => mountPoint === '/boot/efi' || fileSystem === 'efi',
  );
  if (efi === undefined) return;
  const name = efi.mountPoint === '/boot/efi' ? 'EFI System Partition' : 'efi';
  throw new StorageRefusal(`The "${name}" file system type is not supported.`, efi.line);
}

/** What `reqpart` and `autopart` add for the firmware. A line for the same place takes the place of it, as in anaconda. */
function required(request: StorageRequest, { firmware }: MachineFacts): PartitionRequest[] {
  if (request.required === undefined) return [];
  const { boot, line } = request.required;
  const common = {
    percent: undefined,
    label: undefined,
    options: undefined,
    mkfsOptions: [],
    onDisk: undefined,
    member: undefined,
  };
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
  const named = new Set([...request.partitions, ...request.arrays].flatMap(({ mountPoint }) => mountPoint ?? []));
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
  const partitions = used.flatMap((disk) => putOn(perDisk.get(disk.name) ?? [], disk));
  return {
    partitions,
    ...combine(partitions, request),
    erased: used.map(({ name }) => name),
    bootDisk: bootDisk.name,
  };
}

/** Of an encrypted partition, LUKS 2 keeps this much (cryptsetup(8)); LVM, as much before its first extent. */
const luksMiB = 16;
const lvmMiB = 1;

/** What is part of something else: what anaconda calls it, and what it is on disk. */
const memberKinds = {
  raid: { called: 'RAID', format: 'mdmember', in: 'RAID specification', device: 'RAID device' },
  pv: { called: 'PV', format: 'lvmpv', in: 'Volume Group specification', device: 'Physical volume' },
  btrfs: { called: 'Btrfs', format: 'btrfs', in: 'Btrfs volume specification', device: 'Btrfs partition' },
} as const;
type MemberKind = keyof typeof memberKinds;

const kindOf = (member: string): MemberKind =>
  member.startsWith('raid.') ? 'raid' : member.startsWith('pv.') ? 'pv' : 'btrfs';

/** The parts that are there to be put together, each once. */
class Parts<Part extends Carrier> {
  readonly #parts = new Map<string, Part>();
  readonly #used = new Set<string>();

  constructor(parts: readonly Part[]) {
    for (const part of parts) this.add(part);
  }

  add(part: Part): void {
    const { member, line } = part;
    if (member === undefined) return;
    if (this.#parts.has(member))
      throw new StorageRefusal(
        `${memberKinds[kindOf(member)].called} partition "${member}" is defined multiple times.`,
        line,
      );
    this.#parts.set(member, part);
  }

  /** @throws {StorageRefusal} for a name that is unknown, of another kind, or taken already */
  take(names: readonly string[], kind: MemberKind, line: number): Part[] {
    const wanted = memberKinds[kind];
    return names.map((name) => {
      const found = this.#parts.get(name);
      if (found === undefined)
        throw new StorageRefusal(`Tried to use undefined partition "${name}" in ${wanted.in}.`, line);
      const is = kindOf(name);
      if (is !== kind)
        throw new StorageRefusal(
          `${wanted.device} "${name}" has a format of "${memberKinds[is].format}", but should have a format of "${wanted.format}".`,
          line,
        );
      if (this.#used.has(name))
        throw new StorageRefusal(`"${name}" is named twice: it can be part of one ${wanted.called} only.`, line);
      this.#used.add(name);
      return found;
    });
  }

  unused(kind: MemberKind): Part | undefined {
    return [...this.#parts].find(([name]) => kindOf(name) === kind && !this.#used.has(name))?.[1];
  }
}

/** What partitions are put together to, in anaconda's order. */
function combine(
  partitions: readonly Partition[],
  request: StorageRequest,
): Pick<Layout, 'arrays' | 'groups' | 'btrfs'> {
  const ofArrays = new Parts(partitions);
  const arrays = request.arrays.map((array, index): RaidArray => {
    if (request.arrays.findIndex(({ name }) => name === array.name) < index)
      throw new StorageRefusal(`The RAID volume name "${array.name}" is already in use.`, array.line);
    return arrayOf(array, ofArrays.take(array.members, 'raid', array.line));
  });
  const left = ofArrays.unused('raid');
  if (left !== undefined)
    throw new StorageRefusal(`The RAID partition "${left.member}" is not used by any RAID.`, left.line);

  const parts = new Parts<Carrier>([...partitions, ...arrays]);
  const groups = request.groups.map(({ name, extentMiB, members, line }, index): Group => {
    if (request.groups.findIndex((other) => other.name === name) < index)
      throw new StorageRefusal(`The volume group name "${name}" is already in use.`, line);
    const taken = parts.take(members, 'pv', line);
    if (taken.length === 0)
      throw new StorageRefusal(
        `Volume group "${name}" defined without any physical volumes. Either specify physical volumes or use --useexisting.`,
        line,
      );
    return { name, extentMiB, members: taken, volumes: [] };
  });
  for (const logical of request.logical) {
    const group = groups.find(({ name }) => name === logical.group);
    if (group === undefined)
      throw new StorageRefusal(
        `No volume group exists with the name "${logical.group}". Specify volume groups before logical volumes.`,
        logical.line,
      );
    if (group.volumes.some(({ name }) => name === logical.name))
      throw new StorageRefusal(
        `Logical volume name "${logical.name}" is already in use in volume group "${group.name}".`,
        logical.line,
      );
    group.volumes.push({ ...logical, device: mapped(group.name, logical.name) });
  }
  for (const group of groups) group.volumes = sized(group);
  const btrfs = request.btrfs.map((volume): BtrfsVolume => {
    if (volume.members.length === 0)
      throw new StorageRefusal(
        'Btrfs volume defined without any member devices. Either specify member devices or use --useexisting.',
        volume.line,
      );
    return { ...volume, on: parts.take(volume.members, 'btrfs', volume.line) };
  });
  return { arrays, groups, btrfs };
}

/** One array of its members, where there are enough of them. */
function arrayOf(request: ArrayRequest, members: Partition[]): RaidArray {
  const { name, level, spares, chunkKiB, mountPoint, line } = request;
  const { least, data, redundant } = raidLevels[level];
  if (members.length < least)
    throw new StorageRefusal(`RAID level ${level} requires that device have at least ${least} members.`, line);
  if (spares > 0 && !redundant)
    throw new StorageRefusal(`RAID level ${level} has no use for spares: nothing of it can be replaced.`, line);
  const active = members.length - spares;
  if (active < least)
    throw new StorageRefusal(
      `Of the ${members.length} members of the RAID "${name}" ${spares} are spares: level ${level} requires at least ${least} that are not.`,
      line,
    );
  const smallest = Math.min(...members.map((member) => memberDataMiB(insideMiB(member), chunkKiB)));
  return {
    ...request,
    device: `/dev/md/${name}`,
    members,
    sizeMiB: data(active) * smallest,
    // The firmware reads a member as if there were no array: what describes the array has to be at its end.
    metadata: mountPoint === '/boot/efi' ? '1.0' : '1.2',
  };
}

/** What is left of something that is encrypted. */
const insideMiB = ({ sizeMiB, encryption }: Pick<Carrier, 'sizeMiB' | 'encryption'>): number =>
  sizeMiB - (encryption === undefined ? 0 : luksMiB);

/** device-mapper writes a dash in a name as two. */
const mapped = (group: string, name: string): string =>
  `/dev/mapper/${[group, name].map((part) => part.replaceAll('-', '--')).join('-')}`;

/** Sizes in whole extents, the room of the group shared out as that of a disk is. */
function sized({ extentMiB, members, volumes }: Group): LogicalVolume[] {
  const extents = members.reduce((sum, member) => sum + Math.floor((insideMiB(member) - lvmMiB) / extentMiB), 0);
  const roomMiB = extents * extentMiB;
  const wanted = volumes
    .filter(({ fromRoomMiB = 0 }) => fromRoomMiB <= roomMiB)
    .map((one) => ({ ...one, sizeMiB: Math.ceil(one.sizeMiB / extentMiB) * extentMiB }));
  const sizes = grown(wanted, roomMiB);
  return wanted.map((one, index) => ({
    ...one,
    sizeMiB: Math.floor((sizes[index] ?? one.sizeMiB) / extentMiB) * extentMiB,
  }));
}

const roomOf = (bytes: number): number => Math.floor(bytes / mebibyte) - alignedMiB - gptEndMiB;

/** Gives what is left of a disk to those that grow, and each its place. */
function putOn(requests: readonly PartitionRequest[], { name, bytes }: Disk): Partition[] {
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
export function grown(requests: readonly (SizeRequest & { line: number })[], roomMiB: number): number[] {
  const sizes = requests.map(({ sizeMiB, percent }) =>
    percent === undefined ? sizeMiB : Math.max(sizeMiB, Math.floor((roomMiB * percent) / 100)),
  );
  let left = roomMiB - sizes.reduce((sum, size) => sum + size, 0);
  if (left < 0)
    throw new StorageRefusal(
      'Unable to allocate requested partition scheme.',
      (requests.find(({ percent }) => percent) ?? requests.at(-1))?.line,
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
function check(layout: Layout, request: StorageRequest, facts: MachineFacts): void {
  const { partitions, bootDisk } = layout;
  const places = placesOf(layout);
  const at = (mountPoint: string): Place | undefined => places.find((place) => place.mountPoint === mountPoint);
  const twice = places.find(
    (one, index) =>
      one.mountPoint !== undefined && places.findIndex((other) => other.mountPoint === one.mountPoint) < index,
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
  if (layout.groups.some(({ volumes }) => volumes.some(({ device }) => device === boot.device)))
    throw new StorageRefusal(
      `The boot loader cannot read ${boot.mountPoint ?? '/boot'} from a logical volume.`,
      boot.line,
    );
  requireReadable(layout, boot, '/boot file system');
  const efi = at('/boot/efi');
  if (efi !== undefined) requireReadable(layout, efi, 'EFI System Partition');
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
  requireRoom(root, places, facts);
}

/** What starts the machine reads one member of an array, as it is (anaconda, `bootloader/base.py`, `_is_valid_md`). */
function requireReadable({ arrays }: Layout, place: Place, what: string): void {
  const array = arrays.find(({ device }) => device === place.device);
  if (array === undefined) return;
  const must = `RAID sets that contain '${what}' must have one of the following`;
  if (array.level !== 'raid1') throw new StorageRefusal(`${must} raid levels: raid1.`, array.line);
  if (array.members.some(({ encryption }) => encryption !== undefined))
    throw new StorageRefusal(`${must} device types: partition.`, array.line);
}

/** What has a file system, or swap, and how large it is. */
interface Place extends Pick<FileSystemRequest, 'mountPoint' | 'fileSystem' | 'encryption' | 'line'> {
  device: string;
  sizeMiB: number;
}

function placesOf({ partitions, arrays, groups, btrfs }: Layout): Place[] {
  return [
    ...partitions.filter(({ member }) => member === undefined),
    ...arrays.filter(({ member }) => member === undefined),
    ...groups.flatMap(({ volumes }) => volumes),
    ...btrfs.flatMap(({ on, mountPoint, subvolumes, line }): Place[] => {
      const [first] = on;
      if (first === undefined) return [];
      const sizeMiB = on.reduce((sum, one) => sum + one.sizeMiB, 0);
      const common = { fileSystem: 'btrfs', encryption: first.encryption, device: first.device, sizeMiB } as const;
      return [{ mountPoint, line }, ...subvolumes].map((one) => ({
        ...common,
        mountPoint: one.mountPoint,
        line: one.line,
      }));
    }),
  ];
}

/** Of a file system, what is left for files. */
const usableShare = 0.93;
/** Kernel and initramfs, which go to `/boot`. */
const bootBytes = 150 * mebibyte;

function requireRoom(root: Place, partitions: readonly Place[], { payloadBytes }: MachineFacts): void {
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
