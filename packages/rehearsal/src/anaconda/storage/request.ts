import { CommandArguments } from '../../install/commands/command-arguments.ts';
import type { KickstartCommand } from '../../kickstart.ts';
import { type RaidLevel, raidLevelOf, raidLevels } from './raid.ts';
import { StorageRefusal } from './refusal.ts';

/** File systems that can be made, by the kickstart's names. */
const fileSystems = ['ext4', 'ext3', 'ext2', 'xfs', 'btrfs', 'vfat', 'efi', 'biosboot', 'swap'] as const;
type FileSystem = (typeof fileSystems)[number];

/** How a partition is encrypted. */
interface Encryption {
  version: 'luks1' | 'luks2';
  /** Undefined: it is asked for on the console. */
  passphrase: string | undefined;
  cipher: string | undefined;
  pbkdf: string | undefined;
}

/** A file system or swap, whatever carries it. */
export interface FileSystemRequest {
  /** Where it is mounted; undefined for swap, biosboot, and what something else is made of. */
  mountPoint: string | undefined;
  /** `member`: none of its own. */
  fileSystem: FileSystem | 'member';
  label: string | undefined;
  /** Fourth field of fstab(5). */
  options: string | undefined;
  mkfsOptions: readonly string[];
  encryption: Encryption | undefined;
  line: number;
}

/** How large something is to be, among others in the same room. */
export interface SizeRequest {
  sizeMiB: number;
  grow: boolean;
  maxSizeMiB: number | undefined;
  /** Of the space that is left for it, from 1 to 100, in place of a size. */
  percent: number | undefined;
  /** Only where the room has as much. */
  fromRoomMiB?: number | undefined;
}

/** One `part` of the kickstart, or what `reqpart` and `autopart` stand for. */
export interface PartitionRequest extends FileSystemRequest, SizeRequest {
  onDisk: string | undefined;
  /** The name by which a RAID, a volume group or a btrfs file system asks for it: `pv.01`. */
  member: string | undefined;
}

/** One `raid`. */
export interface ArrayRequest extends FileSystemRequest {
  name: string;
  level: RaidLevel;
  /** `raid.01`; the spares are the last of them. */
  members: readonly string[];
  spares: number;
  chunkKiB: number | undefined;
  /** As that of a partition: an array may be part of a volume group or of a btrfs file system. */
  member: string | undefined;
}

/** One `volgroup`. */
export interface GroupRequest {
  name: string;
  members: readonly string[];
  extentMiB: number;
  line: number;
}

/** One `logvol`. */
export interface LogicalRequest extends FileSystemRequest, SizeRequest {
  name: string;
  group: string;
}

/** One `btrfs` that makes a file system, with those that make subvolumes of it. */
export interface BtrfsRequest {
  members: readonly string[];
  /** Where its top is mounted. */
  mountPoint: string | undefined;
  label: string | undefined;
  /** Profiles, as `raid1`. */
  data: string | undefined;
  metadata: string | undefined;
  mkfsOptions: readonly string[];
  subvolumes: { name: string; mountPoint: string | undefined; line: number }[];
  line: number;
}

/** What the storage commands of a kickstart ask for. Which disks there are is not known yet. */
export interface StorageRequest {
  partitions: PartitionRequest[];
  arrays: ArrayRequest[];
  groups: GroupRequest[];
  logical: LogicalRequest[];
  btrfs: BtrfsRequest[];
  /** Whether the partitions that the firmware needs are added. */
  required: { boot: boolean; line: number } | undefined;
  ignoredDrives: readonly string[];
  onlyUse: readonly string[] | undefined;
  /** Whether any line says which disks may be used. */
  drivesNamed: boolean;
  clear: { mode: 'none' | 'all' | 'linux'; drives: readonly string[]; initLabel: boolean };
  zerombr: boolean;
  /** Disk that the boot loader goes to. */
  bootDrive: string | undefined;
  /** `--location=none`. */
  noBootLoader: boolean;
}

/** Storage commands that a rehearsal does not carry out. The disk is not touched when a kickstart has one. */
const notRehearsed: ReadonlySet<string> = new Set('fcoe iscsi iscsiname mount nvdimm snapshot zfcp zipl'.split(' '));

/** Options of the storage commands that are carried out, by command. Any other is refused. */
const encryptionOptions = ['encrypted', 'luks-version', 'passphrase', 'cipher', 'pbkdf'];
const sizeOptions = ['size', 'grow', 'maxsize', 'percent', 'recommended', 'hibernation'];
const fileSystemOptions = ['fstype', 'label', 'fsoptions', 'mkfsoptions'];
const carriedOut: Readonly<Record<string, readonly string[]>> = {
  part: [...sizeOptions, ...fileSystemOptions, 'ondisk', 'ondrive', 'asprimary', ...encryptionOptions],
  raid: ['device', 'level', 'spares', 'chunksize', ...fileSystemOptions, ...encryptionOptions],
  volgroup: ['pesize'],
  logvol: [...sizeOptions, ...fileSystemOptions, 'name', 'vgname', ...encryptionOptions],
  btrfs: ['label', 'data', 'metadata', 'mkfsoptions', 'subvol', 'name'],
  autopart: ['type', 'fstype', 'nohome', 'noswap', 'noboot', ...encryptionOptions],
  clearpart: ['all', 'linux', 'none', 'drives', 'initlabel', 'disklabel'],
  ignoredisk: ['drives', 'only-use'],
  reqpart: ['add-boot'],
  zerombr: [],
  bootloader: ['append', 'timeout', 'location', 'boot-drive', 'driveorder'],
};

/**
 * Reads the storage commands of a kickstart. Pure; of the machine nothing is known here.
 *
 * @param memoryMiB of the machine: `swap --recommended` follows from it
 * @throws {StorageRefusal} for the first line that cannot be carried out
 */
export function readStorage(commands: readonly KickstartCommand[], memoryMiB: number): StorageRequest {
  const request: StorageRequest = {
    partitions: [],
    arrays: [],
    groups: [],
    logical: [],
    btrfs: [],
    required: undefined,
    ignoredDrives: [],
    onlyUse: undefined,
    drivesNamed: false,
    clear: { mode: 'none', drives: [], initLabel: false },
    zerombr: false,
    bootDrive: undefined,
    noBootLoader: false,
  };
  // The flattener puts them into an order of its own: what is refused is the first line of the file.
  for (const command of commands.toSorted((one, other) => one.line - other.line)) {
    const { line } = command;
    if (notRehearsed.has(command.name))
      throw new StorageRefusal(`The rehearsal's installer does not carry out ${command.name}: ${command.text}`, line);
    const name = command.name === 'partition' ? 'part' : command.name;
    const known = carriedOut[name];
    if (known === undefined) continue;
    const given = new CommandArguments(command);
    const [other] = given.except(...known);
    if (other !== undefined)
      throw new StorageRefusal(`The rehearsal's installer does not carry out ${other.text}.`, line);
    if (name === 'part') request.partitions.push(readPart(given, line, memoryMiB));
    if (name === 'raid') request.arrays.push(readArray(given, line));
    if (name === 'volgroup') request.groups.push(readGroup(given, line));
    if (name === 'logvol') request.logical.push(readLogical(given, line, memoryMiB));
    if (name === 'btrfs') readBtrfs(given, line, request.btrfs);
    if (name === 'autopart') addAutomatic(request, given, line);
    if (name === 'autopart' || name === 'reqpart')
      request.required = { boot: name === 'reqpart' ? given.has('add-boot') : !given.has('noboot'), line };
    if (name === 'zerombr') request.zerombr = true;
    if (name === 'bootloader') {
      request.bootDrive = driveName(given.value('boot-drive'));
      request.noBootLoader = given.value('location') === 'none';
    }
    if (name === 'ignoredisk') {
      request.ignoredDrives = given.list('drives').map((drive) => driveName(drive));
      const only = given.list('only-use').map((drive) => driveName(drive));
      if (only.length > 0) request.onlyUse = only;
      request.drivesNamed = true;
    }
    if (name === 'clearpart') {
      const drives = given.list('drives').map((drive) => driveName(drive));
      if (given.has('disklabel') && given.value('disklabel') !== 'gpt')
        throw new StorageRefusal(`The rehearsal's installer makes GPT disk labels only.`, line);
      const mode = given.has('all') ? 'all' : given.has('linux') ? 'linux' : 'none';
      request.clear = { mode, drives, initLabel: given.has('initlabel') };
      request.drivesNamed ||= drives.length > 0;
    }
  }
  request.drivesNamed ||= request.partitions.some(({ onDisk }) => onDisk !== undefined);
  return request;
}

/** `/dev/vda` is `vda`. */
function driveName(text: string): string;
function driveName(text: string | undefined): string | undefined;
function driveName(text: string | undefined): string | undefined {
  return text?.replace(/^\/dev\//u, '');
}

/** Where a mount point of a kickstart may be; anything else is refused by its name. */
const mountPoints = /^\/(?:[\w.@-]+(?:\/[\w.@-]+)*)?$/u;

/** `raid.01`, `pv.01`, `btrfs.01`: what is put together by other commands. */
const memberName = /^(?:raid|pv|btrfs)\.[\w-]+$/u;

function readPart(given: CommandArguments, line: number, memoryMiB: number): PartitionRequest {
  const target = given.positionals[0] ?? '';
  if (/^prepboot\b/u.test(target))
    throw new StorageRefusal(`The rehearsal's installer does not carry out part ${target}.`, line);
  const onDisk = driveName(given.value('ondisk') ?? given.value('ondrive'));
  const sizes = readSize(given, target, line, memoryMiB);
  return { ...readContent(given, target, line), ...sizes, onDisk };
}

/** A file system, or that there is none because it is part of something else. */
function readContent(
  given: CommandArguments,
  target: string,
  line: number,
): FileSystemRequest & { member: string | undefined } {
  if (!memberName.test(target)) return { ...readFileSystem(given, target, line), member: undefined };
  const none = {
    mountPoint: undefined,
    fileSystem: 'member',
    label: undefined,
    options: undefined,
    mkfsOptions: [],
  } as const;
  return { ...none, encryption: encryptionOf(given, line), line, member: target };
}

/** Names that mdadm takes: it puts them into the members, which have room for 32 characters. */
const arrayName = /^(?!\.)[A-Za-z0-9_.][\w.-]{0,31}$/u;

function readArray(given: CommandArguments, line: number): ArrayRequest {
  const [target = '', ...members] = given.positionals;
  const asked = given.value('level') ?? '';
  const level = raidLevelOf(asked);
  if (level === undefined)
    throw new StorageRefusal(
      `RAID level ${asked} is an invalid value. Must be one of (${Object.keys(raidLevels).join(', ')}).`,
      line,
    );
  if (target.startsWith('raid.') || target === 'biosboot')
    throw new StorageRefusal(`"${target}" cannot be on a RAID: name a mount point, swap, pv.NN or btrfs.NN.`, line);
  const name = given.value('device') ?? placeName(target);
  if (!arrayName.test(name)) throw new StorageRefusal(`"${name}" is not a name of a RAID.`, line);
  return {
    ...readContent(given, target, line),
    name,
    level,
    members,
    spares: given.value('spares') === '0' ? 0 : (wholeNumber(given, 'spares', line) ?? 0),
    chunkKiB: readChunk(given, level, line),
  };
}

/** What anaconda calls an array that has no name: by its place (blivet, `blivet/blivet.py`, `suggest_device_name`). */
const placeName = (target: string): string =>
  target === '/' ? 'root' : target.replace(/^\//u, '').replaceAll('/', '_');

function readChunk(given: CommandArguments, level: RaidLevel, line: number): number | undefined {
  const chunkKiB = wholeNumber(given, 'chunksize', line);
  if (chunkKiB === undefined) return undefined;
  if (level === 'raid1') throw new StorageRefusal('specifying chunk size is not allowed for raid1', line);
  if (chunkKiB % 4 !== 0) throw new StorageRefusal('new chunk size must be multiple of 4 KiB', line);
  if (level !== 'raid0' && (chunkKiB & (chunkKiB - 1)) !== 0)
    throw new StorageRefusal(`--chunksize=${chunkKiB} cannot be: of ${level} it is a power of two.`, line);
  return chunkKiB;
}

/** @param target a mount point, `swap` or `biosboot` */
function readFileSystem(given: CommandArguments, target: string, line: number): FileSystemRequest {
  const mountPoint = target.startsWith('/') ? target : undefined;
  if (mountPoint === undefined ? !['swap', 'biosboot'].includes(target) : !mountPoints.test(target))
    throw new StorageRefusal(`"${target}" is not a mount point.`, line);
  return {
    mountPoint,
    fileSystem: fileSystemOf(given.value('fstype') ?? defaultFileSystem(target), line),
    label: given.value('label'),
    options: given.value('fsoptions'),
    mkfsOptions: wordsOf(given.value('mkfsoptions')),
    encryption: encryptionOf(given, line),
    line,
  };
}

function readSize(given: CommandArguments, target: string, line: number, memoryMiB: number): SizeRequest {
  const recommended = given.has('recommended') || given.has('hibernation');
  const percent = wholeNumber(given, 'percent', line);
  const sizeMiB = wholeNumber(given, 'size', line) ?? (recommended ? recommendedSize(target, memoryMiB) : undefined);
  if (sizeMiB === undefined && percent === undefined)
    throw new StorageRefusal('Partition requires a size specification.', line);
  return { sizeMiB: sizeMiB ?? 1, grow: given.has('grow'), maxSizeMiB: wholeNumber(given, 'maxsize', line), percent };
}

const wordsOf = (text = ''): string[] => text.split(/\s+/u).filter((word) => word !== '');

/** Names that LVM takes, and no other program reads otherwise (lvm(8), VALID NAMES). */
const volumeName = /^(?!\.{1,2}$)[A-Za-z0-9_+.][\w+.-]*$/u;

function nameOf(text: string | undefined, what: string, line: number): string {
  if (text !== undefined && volumeName.test(text)) return text;
  throw new StorageRefusal(`"${text ?? ''}" is not a name of ${what}.`, line);
}

/** Kibibytes, and LVM's own default. */
const defaultExtent = 4096;

function readGroup(given: CommandArguments, line: number): GroupRequest {
  const [name, ...members] = given.positionals;
  const extent = wholeNumber(given, 'pesize', line) ?? defaultExtent;
  if (extent % 1024 !== 0 || (extent & (extent - 1)) !== 0)
    throw new StorageRefusal(
      `Volume group given physical extent size of "${extent} KiB", which has to be a power of two, of 1 MiB or more.`,
      line,
    );
  return { name: nameOf(name, 'a volume group', line), members, extentMiB: extent / 1024, line };
}

function readLogical(given: CommandArguments, line: number, memoryMiB: number): LogicalRequest {
  const target = given.positionals[0] ?? '';
  return {
    ...readFileSystem(given, target, line),
    ...readSize(given, target, line, memoryMiB),
    name: nameOf(given.value('name'), 'a logical volume', line),
    group: nameOf(given.value('vgname'), 'a volume group', line),
  };
}

const btrfsProfiles: ReadonlySet<string> = new Set(['single', 'dup', 'raid0', 'raid1', 'raid10']);

/** A file system is added to those before; a subvolume, to the one that has it. */
function readBtrfs(given: CommandArguments, line: number, before: BtrfsRequest[]): void {
  const [target = '', ...members] = given.positionals;
  const mountPoint = target === 'none' ? undefined : target;
  if (mountPoint !== undefined && !mountPoints.test(mountPoint))
    throw new StorageRefusal(`"${target}" is not a mount point.`, line);
  if (given.has('subvol')) {
    const parent = members[0]?.replace(/^LABEL=/u, '');
    const volume = before.find(({ label }) => label !== undefined && label === parent);
    if (volume === undefined)
      throw new StorageRefusal(`The Btrfs volume "${parent ?? ''}" of a subvolume does not exist.`, line);
    volume.subvolumes.push({ name: nameOf(given.value('name'), 'a subvolume', line), mountPoint, line });
    return;
  }
  const profile = (option: 'data' | 'metadata'): string | undefined => {
    const name = given.value(option)?.toLowerCase();
    if (name === undefined || btrfsProfiles.has(name)) return name;
    throw new StorageRefusal(`--${option}=${name} is not a profile of Btrfs.`, line);
  };
  before.push({
    members,
    mountPoint,
    label: given.value('label'),
    data: profile('data'),
    metadata: profile('metadata'),
    mkfsOptions: wordsOf(given.value('mkfsoptions')),
    subvolumes: [],
    line,
  });
}

const defaultFileSystem = (target: string): string =>
  target === 'swap' || target === 'biosboot' ? target : target === '/boot/efi' ? 'efi' : 'ext4';

function fileSystemOf(text: string, line: number): FileSystem {
  const found = fileSystems.find((one) => one === text);
  if (found !== undefined) return found;
  throw new StorageRefusal(`The "${text}" file system type is not supported.`, line);
}

function wholeNumber(given: CommandArguments, option: string, line: number): number | undefined {
  const text = given.value(option);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && (option !== 'percent' || value <= 100)) return value;
  throw new StorageRefusal(`--${option}=${text} cannot be: it is not a whole number that is large enough.`, line);
}

function encryptionOf(given: CommandArguments, line: number): Encryption | undefined {
  if (!given.has('encrypted')) return undefined;
  const version = given.value('luks-version') ?? 'luks2';
  if (version !== 'luks1' && version !== 'luks2')
    throw new StorageRefusal(`The LUKS version "${version}" is not supported.`, line);
  const passphrase = given.value('passphrase');
  return {
    version,
    passphrase: passphrase === '' ? undefined : passphrase,
    cipher: given.value('cipher'),
    pbkdf: given.value('pbkdf'),
  };
}

const gibibyte = 1024;

/** Swap by the memory of the machine, in MiB (blivet, `blivet/autopart.py`, `swap_suggestion`); others as anaconda's. */
function recommendedSize(target: string, memoryMiB: number): number {
  if (target === '/boot') return gibibyte;
  if (target !== 'swap') return 0;
  if (memoryMiB < 2 * gibibyte) return 2 * memoryMiB;
  if (memoryMiB < 8 * gibibyte) return memoryMiB;
  return Math.max(4 * gibibyte, Math.floor(memoryMiB / 2));
}

/** From this much room on `autopart` gives `/home` a file system of its own; `/` grows to no more than 70 GiB then. */
const homeFromMiB = 50 * gibibyte;
const rootMaxMiB = 70 * gibibyte;

const nameOfPlace = (mountPoint: string): string => (mountPoint === '/' ? 'root' : mountPoint.slice(1));

/** What Fedora calls a volume group or a Btrfs file system of its own. */
const automaticName = 'fedora';

/**
 * What `autopart` stands for, without what the firmware needs: Fedora's default requests, on Btrfs where no type is given
 * (anaconda, `data/anaconda.conf`, `data/profile.d/fedora.conf`). There is no swap among them: it is in compressed memory.
 */
function addAutomatic(request: StorageRequest, given: CommandArguments, line: number): void {
  const type = given.value('type') ?? 'btrfs';
  const fileSystem = fileSystemOf(given.value('fstype') ?? 'ext4', line);
  const encryption = encryptionOf(given, line);
  const hasHome = !given.has('nohome');
  const common = { label: undefined, options: undefined, mkfsOptions: [], percent: undefined, line };
  const home: SizeRequest = {
    sizeMiB: 500,
    grow: true,
    maxSizeMiB: undefined,
    percent: undefined,
    fromRoomMiB: homeFromMiB,
  };
  const root: SizeRequest = {
    sizeMiB: gibibyte,
    grow: true,
    maxSizeMiB: hasHome ? rootMaxMiB : undefined,
    percent: undefined,
  };
  const wanted = [{ mountPoint: '/', ...root }, ...(hasHome ? [{ mountPoint: '/home', ...home }] : [])];
  const whole = { ...common, mountPoint: undefined, fileSystem: 'member', encryption, onDisk: undefined } as const;
  const all: SizeRequest = { sizeMiB: gibibyte, grow: true, maxSizeMiB: undefined, percent: undefined };
  if (type === 'plain') {
    for (const one of wanted)
      request.partitions.push({ ...common, fileSystem, encryption, onDisk: undefined, member: undefined, ...one });
  } else if (type === 'lvm') {
    request.partitions.push({ ...whole, ...all, member: 'pv.01' });
    request.groups.push({ name: automaticName, members: ['pv.01'], extentMiB: defaultExtent / 1024, line });
    for (const one of wanted) {
      const name = nameOfPlace(one.mountPoint);
      request.logical.push({ ...common, fileSystem, encryption: undefined, name, group: automaticName, ...one });
    }
  } else if (type === 'btrfs') {
    request.partitions.push({ ...whole, ...all, member: 'btrfs.01' });
    // Subvolumes share the room: there is no least of it.
    const subvolumes = wanted.map(({ mountPoint }) => ({ name: nameOfPlace(mountPoint), mountPoint, line }));
    const profiles = { data: undefined, metadata: undefined };
    const volume = { members: ['btrfs.01'], mountPoint: undefined, label: automaticName, mkfsOptions: [], line };
    request.btrfs.push({ ...volume, ...profiles, subvolumes });
  } else throw new StorageRefusal(`The rehearsal's installer does not carry out autopart --type=${type}.`, line);
}
