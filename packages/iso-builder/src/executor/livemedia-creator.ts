import { IsoBuildError } from '../errors.ts';
import { checkBootArguments, menuTextHint, notInMenus } from './boot-menu.ts';

/** `draft`: fast, for hacking. `release`: smallest, for publishing. */
export type LivemediaProfile = 'draft' | 'release';

/**
 * What is made: a live medium, or the rehearsal's own, an installer medium, whose menu waits for a person unless it is
 * `unattended`. lorax's livemedia-creator makes no installers.
 */
export type Medium = 'live' | 'installer' | 'unattended-installer';

const makes: Record<Medium, readonly string[]> = {
  live: ['--make-iso'],
  installer: ['--make-installer'],
  'unattended-installer': ['--make-installer', '--unattended'],
};

/** livemedia-creator's options, under its own names (lorax, `src/pylorax/cmdline.py`). */
export interface LivemediaCreatorOptions {
  /** Path of the flat kickstart. */
  ks: string;
  project: string;
  releasever: string;
  /** Volume id, at most 32 of `[A-Za-z0-9_-]`: longer ones are refused, others would be changed by the template. */
  volid: string;
  /** A file name: it is joined to `resultdir`. */
  isoName: string;
  /** Must not exist. */
  resultdir: string;
  /** Must exist. */
  tmp: string;
  /** `program.log` and `anaconda/` land beside it. */
  logfile: string;
  profile: LivemediaProfile;
  /** `live` when not given. */
  medium?: Medium | undefined;
  extraBootArgs?: string | undefined;
  /** The complete list: a single `--dracut-arg` replaces all defaults. Each is an option, and after a space its value. */
  dracutArgs?: readonly string[] | undefined;
  /** Without a password: livemedia-creator and the installer write it into their logs. */
  proxy?: string | undefined;
  /** Of the installer, in whole minutes: livemedia-creator ends it then. What comes after it is not counted. */
  timeoutMinutes?: number | undefined;
}

/** ISO 9660 gives the volume id 32 bytes; livemedia-creator refuses more. */
const volidMaxLength = 32;

/** Compression of the root file system. The help text says "for tar", but mksquashfs gets them too. */
const compression: Record<LivemediaProfile, readonly string[]> = {
  draft: ['--compression=zstd', '--compress-arg=-Xcompression-level 3'],
  release: ['--compression=xz', '--compress-arg=-Xbcj x86'],
};

/**
 * The command line of livemedia-creator (`--no-virt`), without the program's name. Pure.
 *
 * @throws {IsoBuildError} VOLID_INVALID, ISO_NAME_INVALID, OPTION_INVALID
 */
export function livemediaCreatorArgv(options: LivemediaCreatorOptions): string[] {
  check(options);
  // Always "--name=value": a value that starts with a dash would be taken for an option.
  return [
    ...makes[options.medium ?? 'live'],
    '--no-virt',
    '--iso-only',
    // The default, --macboot, only demands that mkfs.hfsplus exists: the live templates never use it.
    '--nomacboot',
    `--ks=${options.ks}`,
    `--project=${options.project}`,
    `--releasever=${options.releasever}`,
    `--volid=${options.volid}`,
    `--iso-name=${options.isoName}`,
    `--resultdir=${options.resultdir}`,
    `--tmp=${options.tmp}`,
    `--logfile=${options.logfile}`,
    ...compression[options.profile],
    ...((options.extraBootArgs ?? '') === '' ? [] : [`--extra-boot-args=${options.extraBootArgs}`]),
    ...(options.dracutArgs ?? []).map((argument) => `--dracut-arg=${argument}`),
    ...(options.proxy === undefined ? [] : [`--proxy=${options.proxy}`]),
    ...(options.timeoutMinutes === undefined ? [] : [`--timeout=${options.timeoutMinutes}`]),
  ];
}

/** No folders, and nothing that a log line or a checksum file could not hold. */
const isFileName = (name: string): boolean => !/[/\p{Cc}]/u.test(name) && !name.startsWith('.');

function check({ volid, isoName, timeoutMinutes, proxy, ...texts }: LivemediaCreatorOptions): void {
  if (volid.length > volidMaxLength || !/^[A-Za-z0-9_-]+$/u.test(volid))
    throw new IsoBuildError('VOLID_INVALID', `"${volid}" cannot be a volume id`, {
      hint: `use 1 to ${volidMaxLength} of A-Z a-z 0-9 _ -${volid.length > volidMaxLength ? ` (these are ${volid.length})` : ''}`,
    });
  if (!isFileName(isoName) || !/.\.iso$/u.test(isoName))
    throw new IsoBuildError('ISO_NAME_INVALID', `"${isoName}" cannot be the name of the ISO`, {
      hint: 'use a file name without folders that ends in .iso',
    });
  if (timeoutMinutes !== undefined && (!Number.isInteger(timeoutMinutes) || timeoutMinutes < 1))
    throw invalid(
      `the installer's timeout cannot be ${timeoutMinutes} minutes`,
      'use a whole number of minutes, 1 or more',
    );
  for (const what of ['project', 'releasever'] as const)
    if (notInMenus.test(texts[what]))
      throw invalid(
        `livemedia-creator cannot put the ${what} ${JSON.stringify(texts[what])} into a boot menu`,
        menuTextHint,
      );
  checkBootArguments(
    texts.extraBootArgs ?? '',
    'leave it out of bootloader --append and of --extra-boot-args: a kernel argument of a live medium is a plain word',
  );
  if (!/^[\w.+-]+$/u.test(texts.releasever))
    throw invalid(`"${texts.releasever}" cannot be a release`, 'use one word, as 44 or rawhide');
  if (proxy !== undefined) checkProxy(proxy);
}

/** A password would be in the command line and in three logs, which are kept. */
function checkProxy(proxy: string): void {
  const url = URL.parse(proxy);
  if (url === null || !/^(?:https?|ftp|socks5h?):$/u.test(url.protocol) || url.hostname === '')
    throw invalid('the proxy (--proxy, PHYLLOME_PROXY) is not a URL', 'use http://host:port');
  if (url.password !== '')
    throw invalid(
      `the proxy ${url.protocol}//${url.host} is given with a password, which the installer would write into its logs`,
      'use a proxy that needs no password, for example a local one that forwards with the password',
    );
}

const invalid = (message: string, hint: string): IsoBuildError =>
  new IsoBuildError('OPTION_INVALID', message, { hint });
