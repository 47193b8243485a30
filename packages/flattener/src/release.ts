import { RELEASE_NAMES, type Release, releaseNamed } from './commands/table.ts';
import { KickstartError } from './diagnostics.ts';
import { suggest } from './suggest.ts';

/** What leaves are written for, unless something else is asked for. */
export const DEFAULT_RELEASE = 'F44';

/**
 * The release of a name as `F44` or `rhel9`.
 *
 * @throws {KickstartError} KS_UNKNOWN_RELEASE for one that the command table does not have, the newest included.
 */
export function requireRelease(name: string = DEFAULT_RELEASE): Release {
  const release = releaseNamed(name.toUpperCase());
  if (release !== undefined) return release;
  const near = suggest(name.toUpperCase(), RELEASE_NAMES);
  const known = `known are ${RELEASE_NAMES.join(', ')}; a newer one is added to packages/flattener/src/commands/releases.json`;
  throw new KickstartError('KS_UNKNOWN_RELEASE', `there is no release ${name} in the command table`, {
    hint: near === undefined ? known : `did you mean ${near}? ${known}`,
    diagnostics: [],
  });
}

/** Whether a release is this one of Fedora, or a later one. */
export function isFedoraFrom(release: string, first: number): boolean {
  const number = /^F(\d+)$/.exec(release)?.[1];
  return number !== undefined && Number(number) >= first;
}
