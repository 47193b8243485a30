import { existsSync } from 'node:fs';
import type { Orders } from './kickstart.ts';
import type { Options } from './options.ts';

/** ISO 9660 gives the volume id 32 bytes. */
const volidMaxLength = 32;

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
  has: (program) => (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(`${folder}/${program}`)),
};

/**
 * What livemedia-creator refuses before it starts (lorax, `src/sbin/livemedia-creator`, `main`): all of it, in its
 * order. Empty: go on.
 */
export const refusals = (options: Options, host: Host): string[] => {
  const found: string[] = [];
  if (!options.makeIso) found.push('The rehearsal makes live ISOs only: use --make-iso');
  if (!options.noVirt) found.push('The rehearsal installs in place only: use --no-virt');
  if (options.ks === undefined) found.push('The rehearsal needs a kickstart: use --ks');
  else if (!host.exists(options.ks)) found.push(`The kickstart file (${options.ks}) does not exist`);
  if (options.resultdir !== undefined && host.exists(options.resultdir))
    found.push(`The results_dir (${options.resultdir}) should not exist, please delete or move its contents`);
  if (options.volid !== undefined && options.volid.length > volidMaxLength)
    found.push('the volume id cannot be longer than 32 characters');
  if (options.isoName.includes('/')) found.push(`The iso name (${options.isoName}) cannot contain a /`);
  if (options.macboot && !host.has('mkfs.hfsplus'))
    found.push('mkfs.hfsplus is missing: install hfsplus-tools, or pass --nomacboot');
  if (host.uid !== 0) found.push('You need to run this as root');
  return found;
};

/** The size of `part /` in MiB; with several the last wins. */
export const rootSizeMiB = ({ commands }: Pick<Orders, 'commands'>): number | undefined => {
  const roots = commands.filter(({ name, args }) => (name === 'part' || name === 'partition') && args.includes('/'));
  const args = roots.at(-1)?.args ?? [];
  const joined = args.find((argument) => argument.startsWith('--size='));
  const apart = args.indexOf('--size');
  const size = Number(joined?.slice('--size='.length) ?? (apart < 0 ? Number.NaN : args[apart + 1]));
  return Number.isInteger(size) && size > 0 ? size : undefined;
};

/** The first rule of livemedia-creator that a kickstart breaks; lorax looks for them in this order. */
export const kickstartRefusal = (orders: Orders): string | undefined => {
  const has = (...names: string[]): boolean => orders.commands.some(({ name }) => names.includes(name));
  const fromFile = orders.commands.some(({ name, args }) => name === 'url' && args.join(' ').includes('file:'));
  if (!orders.selection.packages.some(({ name }) => name === 'dracut-live'))
    return 'dracut-live package is missing from the kickstart.';
  if (!has('url', 'nfs', 'ostreesetup')) {
    return has('repo')
      ? 'The kickstart must use the url command along with repo.'
      : 'The kickstart must set the installation method: url, nfs or ostreesetup.';
  }
  if (!has('network') && !fromFile) return 'The kickstart must activate networking if it installs from the network.';
  if (has('text', 'cmdline', 'graphical'))
    return 'The kickstart must not set a display mode (text, cmdline, graphical).';
  if (rootSizeMiB(orders) === undefined)
    return 'No / partition in the kickstart. livemedia-creator needs one, with a size.';
  return undefined;
};
