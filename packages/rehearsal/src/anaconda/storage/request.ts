import { CommandArguments } from '../../install/commands/command-arguments.ts';
import type { KickstartCommand } from '../../kickstart.ts';
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

/** One `part` of the kickstart, or what `reqpart` and `autopart` stand for. */
export interface PartitionRequest {
  /** Where it is mounted; undefined for swap and biosboot. */
  mountPoint: string | undefined;
  fileSystem: FileSystem;
  sizeMiB: number;
  grow: boolean;
  maxSizeMiB: number | undefined;
  /** Of the space that is left for it, from 1 to 100, in place of a size. */
  percent: number | undefined;
  label: string | undefined;
  /** Fourth field of fstab(5). */
  options: string | undefined;
  mkfsOptions: readonly string[];
  onDisk: string | undefined;
  encryption: Encryption | undefined;
  line: number;
}

/** What the storage commands of a kickstart ask for. Which disks there are is not known yet. */
export interface StorageRequest {
  partitions: PartitionRequest[];
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
const notRehearsed: ReadonlySet<string> = new Set(
  'btrfs fcoe iscsi iscsiname logvol mount nvdimm raid snapshot volgroup zfcp zipl'.split(' '),
);

/** Options of the storage commands that are carried out, by command. Any other is refused. */
const encryptionOptions = ['encrypted', 'luks-version', 'passphrase', 'cipher', 'pbkdf'];
const carriedOut: Readonly<Record<string, readonly string[]>> = {
  part: ['size', 'grow', 'maxsize', 'percent', 'recommended', 'hibernation', 'fstype', 'label', 'fsoptions'].concat(
    ['mkfsoptions', 'ondisk', 'ondrive', 'asprimary'],
    encryptionOptions,
  ),
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
    if (name === 'autopart') request.partitions.push(...automatic(given, line, memoryMiB));
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

function readPart(given: CommandArguments, line: number, memoryMiB: number): PartitionRequest {
  const target = given.positionals[0] ?? '';
  if (/^(?:pv|raid|btrfs|prepboot)\b/u.test(target) && !target.startsWith('/'))
    throw new StorageRefusal(`The rehearsal's installer does not carry out part ${target}.`, line);
  const mountPoint = target.startsWith('/') ? target : undefined;
  if (mountPoint === undefined ? !['swap', 'biosboot'].includes(target) : !mountPoints.test(target))
    throw new StorageRefusal(`"${target}" is not a mount point.`, line);
  const fileSystem = fileSystemOf(given.value('fstype') ?? defaultFileSystem(target), line);
  const recommended = given.has('recommended') || given.has('hibernation');
  const percent = wholeNumber(given, 'percent', line);
  const sizeMiB = wholeNumber(given, 'size', line) ?? (recommended ? recommendedSize(target, memoryMiB) : undefined);
  if (sizeMiB === undefined && percent === undefined)
    throw new StorageRefusal('Partition requires a size specification.', line);
  return {
    mountPoint,
    fileSystem,
    sizeMiB: sizeMiB ?? 1,
    grow: given.has('grow'),
    maxSizeMiB: wholeNumber(given, 'maxsize', line),
    percent,
    label: given.value('label'),
    options: given.value('fsoptions'),
    mkfsOptions: (given.value('mkfsoptions') ?? '').split(/\s+/u).filter((word) => word !== ''),
    onDisk: driveName(given.value('ondisk') ?? given.value('ondrive')),
    encryption: encryptionOf(given, line),
    line,
  };
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

/** From this size of the disk on `autopart` gives `/home` a partition of its own; `/` grows to 70 GiB then. */
const rootMaxMiB = 70 * gibibyte;

/** What `autopart --type=plain` stands for, without what the firmware needs (anaconda, `autopart`'s default requests). */
function automatic(given: CommandArguments, line: number, memoryMiB: number): PartitionRequest[] {
  const type = given.value('type') ?? 'lvm';
  if (type !== 'plain')
    throw new StorageRefusal(`The rehearsal's installer does not carry out autopart --type=${type}.`, line);
  const fileSystem = fileSystemOf(given.value('fstype') ?? 'ext4', line);
  const common = { maxSizeMiB: undefined, percent: undefined, label: undefined, options: undefined, mkfsOptions: [] };
  const encryption = encryptionOf(given, line);
  const one = (mountPoint: string | undefined, sizeMiB: number, grow: boolean): PartitionRequest => {
    const kind = mountPoint === undefined ? 'swap' : fileSystem;
    return { ...common, mountPoint, fileSystem: kind, sizeMiB, grow, onDisk: undefined, encryption, line };
  };
  const root = one('/', gibibyte, true);
  return [
    given.has('nohome') ? root : { ...root, maxSizeMiB: rootMaxMiB },
    ...(given.has('nohome') ? [] : [one('/home', 500, true)]),
    ...(given.has('noswap') ? [] : [one(undefined, recommendedSize('swap', memoryMiB), false)]),
  ];
}
