import type { KickstartCommand } from '../kickstart.ts';
import { CommandArguments } from './commands/command-arguments.ts';

/** The Debian release that stands in for Fedora. */
export const suite = 'trixie';

/**
 * The archive of Debian that stands for a repository of Fedora's: its release for Fedora's release, its updates and security
 * updates for Fedora's updates. Repositories of anybody else have none.
 */
export type Archive = 'release' | 'updates';

/** Fedora's mirror manager names them so, and the directories of a mirror are called so (`repo=updates-released-f44`). */
const patterns: readonly (readonly [Archive, RegExp])[] = [
  ['updates', /[?&]repo=updates-released-|\/updates\/(?!testing\/)/u],
  ['release', /[?&]repo=fedora-\d|[?&]repo=rawhide\b|\/(?:releases|development)\//u],
];

/** Repositories that anaconda knows by name, where no address is given (`/etc/anaconda.repos.d`). */
const known = new Map<string, Archive>([
  ['fedora', 'release'],
  ['updates', 'updates'],
]);

/** What stands for the repository of a `url` or a `repo`; undefined: nothing. Pure. */
export function archiveOf(command: KickstartCommand): Archive | undefined {
  const args = new CommandArguments(command);
  const address = args.value('mirrorlist') ?? args.value('metalink') ?? args.value('baseurl') ?? args.value('url');
  if (address !== undefined) return patterns.find(([, pattern]) => pattern.test(address))?.[0];
  return known.get(args.value('name') ?? '');
}

/** Whether a kickstart leaves out Fedora's updates, and a disk gets what was released and nothing later. Pure. */
export const leavesOutUpdates = (commands: readonly KickstartCommand[]): boolean =>
  !commands.some((command) => command.name === 'repo' && archiveOf(command) === 'updates');

/** apt_preferences(5) by which nothing is taken from what came after the release. */
export const releaseOnlyPreferences = (): string =>
  ['updates', 'security'].map((later) => `Package: *\nPin: release n=${suite}-${later}\nPin-Priority: -1\n`).join('\n');
