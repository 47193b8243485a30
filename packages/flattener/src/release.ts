import { RELEASE_NAMES, type Release, releaseNamed } from './commands/table.ts';
import { type Diagnostic, KickstartError } from './diagnostics.ts';
import type { VersionEntry } from './include.ts';

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
  const known = `known are ${RELEASE_NAMES.join(', ')}; a newer one is added to packages/flattener/src/commands/releases.json`;
  throw new KickstartError('KS_UNKNOWN_RELEASE', `there is no release ${name} in the command table`, {
    hint: known,
    diagnostics: [],
  });
}

/** Whether a release is this one of Fedora, or a later one. */
export function isFedoraFrom(release: string, first: number): boolean {
  const number = /^F(\d+)$/.exec(release)?.[1];
  return number !== undefined && Number(number) >= first;
}

/**
 * The release that a kickstart is read for: the one asked for, else that of its `#version=`, else {@link DEFAULT_RELEASE}.
 * Where the file says another release than it is read for, that is added to `diagnostics`. `DEVEL` names no release.
 *
 * @throws {KickstartError} KS_UNKNOWN_RELEASE for an asked one that the table does not have
 */
export function chooseRelease(
  asked: string | undefined,
  version: VersionEntry | undefined,
  diagnostics: Diagnostic[],
): Release {
  const said = version === undefined || /^(?:DEVEL|)$/i.test(version.value) ? undefined : version.value;
  const own = said === undefined ? undefined : releaseNamed(said.toUpperCase());
  const release = asked === undefined && own !== undefined ? own : requireRelease(asked);
  if (version === undefined || said === undefined || own === release) return release;
  const { at, includedFrom } = version;
  const message =
    own === undefined
      ? `the file says #version=${said}, an unknown release: it is read as ${release.release}`
      : `the file says #version=${said}, and is read as ${release.release}`;
  const hint =
    own === undefined
      ? `name the release it is for with --release: ${RELEASE_NAMES.join(', ')}`
      : `leave out --release ${asked}, or write #version=${release.release}`;
  const length = `#version=${said}`.length;
  diagnostics.push({ code: 'KS_RELEASE_MISMATCH', severity: 'warning', message, hint, at, length, includedFrom });
  return release;
}
