import { existsSync } from 'node:fs';
import { DISPLAY_MODES, LIVE_METHODS, LIVE_PACKAGE, MAX_VOLUME_ID_LENGTH } from '@phyllome/installer/live-rules';
import { findProgram } from '@phyllome/host';
import type { Kickstart } from './kickstart.ts';
import type { Options } from './options.ts';
import { StorageRefusal } from './anaconda/storage/refusal.ts';
import { readStorage } from './anaconda/storage/request.ts';

/** What the checks look at besides the options. */
export interface Host {
  uid: number;
  exists: (path: string) => boolean;
  /** Whether a program is on the PATH. */
  has: (program: string) => boolean;
}

export const thisHost: Host = {
  uid: process.getuid?.() ?? 0,
  exists: existsSync,
  has: (program) => findProgram(program, process.env) !== undefined,
};

/**
 * What livemedia-creator refuses before it starts (lorax, `src/sbin/livemedia-creator`, `main`): all of it, in its
 * order. Empty: go on.
 */
export function refusals(options: Options, host: Host): string[] {
  const found: string[] = [];
  if (!options.makeIso && !options.makeInstaller)
    found.push('The rehearsal makes live and installer ISOs only: use --make-iso or --make-installer');
  if (options.diskImage !== undefined) found.push('The rehearsal always installs: use --ks, and no image');
  if (options.imageType !== undefined) found.push('image-type cannot be used to make a bootable iso.');
  if (options.rootfsType !== 'squashfs')
    found.push(`${options.rootfsType} is not a supported type for the root filesystem: the rehearsal has squashfs`);
  if (options.ks === undefined) found.push('Image creation requires a kickstart file');
  else if (!host.exists(options.ks)) found.push(`kickstart file (${options.ks}) is missing.`);
  if (options.resultdir !== undefined && host.exists(options.resultdir))
    found.push(`The results_dir (${options.resultdir}) should not exist, please delete or move its contents`);
  if (!options.noVirt) found.push('The rehearsal installs in place only: use --no-virt');
  if (options.volid !== undefined && options.volid.length > MAX_VOLUME_ID_LENGTH)
    found.push(`the volume id cannot be longer than ${MAX_VOLUME_ID_LENGTH} characters`);
  if (options.isoName.includes('/')) found.push(`The iso name (${options.isoName}) cannot contain a /`);
  if (options.macboot && !host.has('mkfs.hfsplus'))
    found.push('mkfs.hfsplus is missing. Install hfsplus-tools, or pass --nomacboot');
  if (host.uid !== 0) found.push('You need to run this as root');
  if (options.dracutArgs.length > 0 && options.dracutConf !== undefined)
    found.push('argument --dracut-arg: not allowed with argument --dracut-conf');
  return found;
}

/** The size of `part /` in MiB; with several the last wins. */
export function rootSizeMiB({ commands }: Pick<Kickstart, 'commands'>): number | undefined {
  const roots = commands.filter(({ name, args }) => (name === 'part' || name === 'partition') && args.includes('/'));
  const args = roots.at(-1)?.args ?? [];
  const joined = args.find((argument) => argument.startsWith('--size='));
  const apart = args.indexOf('--size');
  const size = Number(joined?.slice('--size='.length) ?? (apart < 0 ? Number.NaN : args[apart + 1]));
  return Number.isInteger(size) && size > 0 ? size : undefined;
}

/**
 * The rules of livemedia-creator that a kickstart breaks (lorax, `src/pylorax/creator.py`, `run_creator`,
 * `check_kickstart` and `calculate_disk_size`): it stops at the first of these three steps that has something to say.
 */
export function kickstartRefusals(kickstart: Kickstart): string[] {
  const has = (...names: string[]): boolean => kickstart.commands.some(({ name }) => names.includes(name));
  const fromFile = kickstart.commands.some(({ name, args }) => name === 'url' && args.join(' ').includes('file:'));
  if (!kickstart.selection.packages.some(({ name }) => name === LIVE_PACKAGE))
    return [`${LIVE_PACKAGE} package is missing from the kickstart.`];

  const found: string[] = [];
  if (!has(...LIVE_METHODS))
    found.push(
      'Only url, nfs and ostreesetup install methods are currently supported. The kickstart has none of them.',
    );
  if (has('repo') && !has('url')) found.push('repo can only be used with the url install method.');
  if (!has('network') && has('url', 'nfs') && !fromFile)
    found.push('The kickstart must activate networking if the url or nfs install method is used.');
  if (has(...DISPLAY_MODES)) found.push('The kickstart must not set a display mode (text, cmdline, graphical).');
  if (found.length > 0) return found;

  return rootSizeMiB(kickstart) === undefined
    ? ['No / partition in the kickstart. Unable to calculate required disk size: it needs part / --size.']
    : [];
}

/** Any machine's: what `swap --recommended` comes to is not known before there is one. */
const someMemoryMiB = 4096;

/** The storage commands that an installer medium could not carry out on any machine: refused before one is made. */
export function storageRefusals(kickstart: Pick<Kickstart, 'commands' | 'scripts'>): string[] {
  try {
    const { partitions, arrays, logical, btrfs } = readStorage(kickstart.commands, someMemoryMiB);
    const places = [...partitions, ...arrays, ...logical, ...btrfs, ...btrfs.flatMap(({ subvolumes }) => subvolumes)];
    // A %pre may write what is missing.
    return places.some(({ mountPoint }) => mountPoint === '/') || kickstart.scripts.some(({ type }) => type === 'pre')
      ? []
      : [
          'No / partition in the kickstart: an installer medium needs one of part, raid, logvol or btrfs for it, or autopart.',
        ];
  } catch (error) {
    if (!(error instanceof StorageRefusal)) throw error;
    return [
      error.line === undefined
        ? error.message
        : `The following problem occurred on line ${error.line} of the kickstart file: ${error.message}`,
    ];
  }
}
