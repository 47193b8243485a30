import type { Target } from './distributions.ts';
import { installedBy } from './leaves.ts';

/**
 * The volume id of an ISO, by its name: `dhi`, `install-dhi`. It begins with what the project's configuration says. A rehearsal says in it that it is one. ISO 9660 has room for
 * 32 letters, so an installer medium's is shortened: `Phyllome-dhi-enc-44-i-rehearsal`.
 */
export function volidOf(
  iso: string,
  { version, volumeId }: Pick<Target, 'version'> & { volumeId: string },
  rehearsal: boolean,
): string {
  const leaf = installedBy(iso);
  const named = leaf === undefined ? `${iso}-${version}` : `${leaf.replace('-encrypted', '-enc')}-${version}-i`;
  return `${volumeId}-${named}${rehearsal ? '-rehearsal' : ''}`;
}
