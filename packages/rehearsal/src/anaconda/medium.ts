import { InstallError } from '../install/errors.ts';
import type { CarriedInitramfs } from './initramfs.ts';

/** Where dracut mounts the medium that it boots from. */
export const mediumDirectory = '/run/initramfs/live';

/** Files of the installer medium, relative to it. */
export const onMedium = {
  stage2: 'images/install.img',
  payload: 'images/payload.img',
  description: 'images/payload.json',
  kickstart: 'ks.cfg',
} as const;

/** Where the initramfs leaves kickstarts that were put into it. */
export const handedOver = '/run/install';

/** What the medium carries: `images/payload.json`. */
export interface MediumDescription {
  volid: string;
  project: string;
  releasever: string;
  /** Bytes of the system when it is unpacked. */
  payloadBytes: number;
  /** Names of its Debian packages. */
  packages: string[];
  /** Undefined: it has none. */
  initramfs?: CarriedInitramfs | undefined;
}

/** @throws {InstallError} when it is none: the medium is damaged */
export function parseDescription(json: string): MediumDescription {
  const {
    volid,
    project,
    releasever,
    payloadBytes,
    packages,
    initramfs,
  }: Partial<Record<keyof MediumDescription, unknown>> = JSON.parse(json);
  if (
    typeof volid !== 'string' ||
    typeof project !== 'string' ||
    typeof releasever !== 'string' ||
    typeof payloadBytes !== 'number' ||
    !Array.isArray(packages)
  )
    throw new InstallError(`${onMedium.description} on the medium is damaged: write the medium again.`);
  const described = { volid, project, releasever, payloadBytes, packages: packages.map(String) };
  return isCarried(initramfs) ? { ...described, initramfs } : described;
}

const isCarried = (value: unknown): value is CarriedInitramfs =>
  typeof value === 'object' &&
  value !== null &&
  'version' in value &&
  typeof value.version === 'string' &&
  'conf' in value &&
  typeof value.conf === 'string';

/** What the installer reads from the kernel's command line. */
export interface InstallerArguments {
  /** `inst.ks=`, as it is. */
  kickstart: string | undefined;
  stage2: string | undefined;
  consoles: string[];
}

/** Reads `/proc/cmdline`; the last of each counts, as in anaconda's dracut module. Pure. */
export function readArguments(cmdline: string): InstallerArguments {
  const words = cmdline.split(/\s+/u).filter((word) => word !== '');
  const last = (key: string): string | undefined =>
    words.findLast((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);
  return {
    kickstart: last('inst.ks'),
    stage2: last('inst.stage2'),
    consoles: words.filter((word) => word.startsWith('console=')),
  };
}

/**
 * The path of the kickstart that `inst.ks=` names: `file:/NAME`, which was put into the initramfs, or
 * `hd:LABEL=VOLID:/PATH` and `cdrom:/PATH` on the medium itself. Pure.
 *
 * @throws {InstallError} when it is anywhere else
 */
export function kickstartPath({ kickstart, stage2 }: InstallerArguments, volid: string): string {
  if (stage2 !== undefined && !sameLabel(stage2, `hd:LABEL=${volid}`))
    throw new InstallError(`inst.stage2=${stage2} is another medium than the one that runs, ${volid}.`);
  if (kickstart === undefined)
    throw new InstallError('The rehearsal installs unattended only: say by inst.ks= where the kickstart is.');
  const { name } = /^file:(?:\/\/)?\/(?<name>[\w.-]+)$/u.exec(kickstart)?.groups ?? {};
  if (name !== undefined) return `${handedOver}/${name}`;
  const { label, path } = /^(?:cdrom|hd:LABEL=(?<label>[^:]+)):(?<path>\/[\w./-]+)$/u.exec(kickstart)?.groups ?? {};
  if (path !== undefined && !path.split('/').includes('..') && (label === undefined || sameLabel(label, volid)))
    return `${mediumDirectory}${path}`;
  throw new InstallError(
    `inst.ks=${kickstart} is not a place that the rehearsal looks at: it has no network, and reads file:/NAME in the initramfs and hd:LABEL=${volid}:/PATH only.`,
  );
}

/** A label as udev writes it in `/dev/disk/by-label`. */
const sameLabel = (one: string, other: string): boolean =>
  one.replaceAll(/\\x(?<code>[0-9a-f]{2})/giu, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16))) ===
  other;
