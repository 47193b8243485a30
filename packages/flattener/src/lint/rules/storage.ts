import { describe } from '../../source.ts';
import type { Finding, Rule } from '../rule.ts';
import { type RuleContext, type WrittenCommand, atOption, option, positionals, within } from '../rule-context.ts';

const ENCRYPTABLE = new Set(['autopart', 'logvol', 'part', 'partition', 'raid']);

export const luksPassphrase: Rule = {
  id: 'KSL_LUKS_PASSPHRASE',
  severity: 'warning',
  doc: 'an encrypted device has a passphrase from somewhere',
  reason: 'an unattended installation stops and asks, and an empty passphrase is dropped when the kickstart is printed',
  check: (context) =>
    context.lines
      .filter((line) => ENCRYPTABLE.has(line.name) && option(line, '--encrypted') === true)
      .filter((line) => !option(line, '--passphrase') && !option(line, '--escrowcert'))
      .map((line) => ({
        message: 'encrypted, without a passphrase',
        hint: 'let a %pre script write the line with one, or say here why someone will be there to type it',
        ...atOption(line, '--encrypted'),
      })),
};

/** Commands whose argument is a mount point. `part` among themselves are KS_DUPLICATE's. */
const MOUNTING = new Set(['part', 'partition', 'raid', 'logvol', 'btrfs', 'mount']);

export const mountPoint: Rule = {
  id: 'KSL_MOUNT_POINT',
  severity: 'error',
  doc: 'a mount point is defined once, whatever commands define it',
  reason: 'the last one counts, and the space of the others is lost: base images grew a second / so',
  check: (context) => {
    const first = new Map<string, WrittenCommand>();
    return context.lines.flatMap((line): Finding[] => {
      const where = MOUNTING.has(line.name) ? mountPointOf(line) : undefined;
      if (where === undefined) return [];
      const before = first.get(where);
      if (before === undefined) first.set(where, line);
      if (before === undefined || (isPart(before) && isPart(line))) return [];
      const message = `${where} is already defined at ${describe(before.at)}`;
      return [{ message, hint: 'remove one of them', ...within(line, where) }];
    });
  },
};

function mountPointOf(line: WrittenCommand): string | undefined {
  const value = positionals(line)[line.name === 'mount' ? 1 : 0];
  return value?.startsWith('/') ? value : undefined;
}

function isPart({ name }: WrittenCommand): boolean {
  return name === 'part' || name === 'partition';
}

/** Commands that add what the machine's own firmware boots from. */
const FOR_EITHER_FIRMWARE = new Set(['autopart', 'reqpart']);

/** blivet has no EFI system partition under BIOS; anaconda installs on a GPT there, which needs a place for GRUB. */
export const oneFirmware: Rule = {
  id: 'KSL_ONE_FIRMWARE',
  severity: 'info',
  doc: 'what divides a disk installs under UEFI and under BIOS',
  reason: 'the installer refuses /boot/efi under BIOS, and UEFI without it',
  check: (context) => {
    const { lines } = context;
    const loader = lines.findLast(({ name }) => name === 'bootloader');
    if (context.live || isForLiveMedium(context) || (loader && option(loader, '--location') === 'none')) return [];
    if (lines.some(({ name }) => FOR_EITHER_FIRMWARE.has(name))) return [];
    const at = (where: string) => lines.find((line) => MOUNTING.has(line.name) && mountPointOf(line) === where);
    const [root, efi] = [at('/'), at('/boot/efi')];
    if (root === undefined) return [];
    const hint = 'reqpart adds what the firmware of the machine needs; remove what it would add';
    return efi === undefined
      ? [{ message: 'installs under BIOS only: nothing is mounted at /boot/efi', hint, ...within(root, '/') }]
      : [{ message: 'installs under UEFI only', hint, ...within(efi, '/boot/efi') }];
  },
};

/** Packages that only a live medium has: its partitions are on no disk. */
const OF_LIVE_MEDIA = new Set(['dracut-live', 'livesys-scripts', 'anaconda-live']);

function isForLiveMedium({ kickstart }: RuleContext): boolean {
  return kickstart.packages?.entries.some(({ kind, name }) => kind === 'package' && OF_LIVE_MEDIA.has(name)) === true;
}

/** The longest label a file system takes, in bytes (mkfs.ext4, mkfs.xfs, mkfs.vfat, mkswap, mkfs.btrfs). */
const LABELS: Readonly<Record<string, number>> = {
  ext2: 16,
  ext3: 16,
  ext4: 16,
  xfs: 12,
  vfat: 11,
  efi: 11,
  swap: 15,
  btrfs: 255,
};

export const labelLength: Rule = {
  id: 'KSL_LABEL_LENGTH',
  severity: 'error',
  doc: 'a file system label is not longer than the file system allows',
  reason: 'mkfs refuses it, or cuts it, in the middle of the installation',
  check: (context) =>
    context.lines.flatMap((line): Finding[] => {
      const [type, label] = [option(line, '--fstype'), option(line, '--label')];
      const most = typeof type === 'string' ? LABELS[type] : undefined;
      if (typeof label !== 'string' || most === undefined || Buffer.byteLength(label) <= most) return [];
      const message = `${Buffer.byteLength(label)} bytes; a label of ${String(type)} has at most ${most}`;
      return [{ message, hint: 'shorten it', ...atOption(line, '--label') }];
    }),
};

/** ISO 9660: a volume identifier has 32 characters. */
const VOLUME_ID = 32;

export const volumeId: Rule = {
  id: 'KSL_VOLUME_ID',
  severity: 'error',
  doc: 'a volume id has at most 32 characters',
  reason: 'ISO 9660 cuts the rest, and a medium that looks for itself by the longer name does not boot',
  check: (context) => [...ofLeaf(context), ...context.lines.flatMap((line) => inKernelArguments(line))],
};

function ofLeaf({ volumeId: id, kickstart }: RuleContext): Finding[] {
  if (id === undefined || id.length <= VOLUME_ID) return [];
  const message = `the ISO's volume id ${id} has ${id.length} characters, and ${VOLUME_ID} are the most`;
  return [{ message, hint: 'shorten the edition’s name', where: kickstart, length: 1 }];
}

function inKernelArguments(line: WrittenCommand): Finding[] {
  const append = line.name === 'bootloader' ? option(line, '--append') : undefined;
  if (typeof append !== 'string') return [];
  return [...append.matchAll(/\b(?:CDLABEL|LABEL)=([^\s:]+)/g)].flatMap(([text, label = '']) => {
    // udev writes blanks as \x20.
    const { length } = label.replace(/\\x[0-9a-f]{2}/gi, '_');
    if (length <= VOLUME_ID) return [];
    const message = `a volume id of ${length} characters, and ${VOLUME_ID} are the most`;
    return [{ message, hint: 'shorten it', ...within(line, text) }];
  });
}
