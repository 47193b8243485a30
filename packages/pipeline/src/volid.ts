import { installedBy } from './leaves.ts';
import type { FedoraRelease } from './release.ts';

/**
 * The volume id of an ISO, by its name: `dhi`, `install-dhi`. It begins with what the project's configuration says. A rehearsal says in it that it is one. ISO 9660 has room for
 * 32 letters, so an installer medium's is shortened: `Phyllome-dhi-enc-44-i-rehearsal`.
 */
export function volidOf(
  iso: string,
  { fedora, volumeId }: Pick<FedoraRelease, 'fedora'> & { volumeId: string },
  rehearsal: boolean,
): string {
  const leaf = installedBy(iso);
  const named = leaf === undefined ? `${iso}-${fedora}` : `${leaf.replace('-encrypted', '-enc')}-${fedora}-i`;
  return `${volumeId}-${named}${rehearsal ? '-rehearsal' : ''}`;
}
