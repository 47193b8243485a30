import { type OsRelease, readOsRelease } from '@phyllome/host';

/** How packages are named and installed. */
export type Family = 'fedora' | 'debian' | 'arch' | 'suse';

/** A machine's distribution, by its os-release(5). */
export interface Distribution {
  /** As `Fedora Linux 44 (Workstation Edition)`. */
  name: string;
  id: string;
  versionId?: string | undefined;
  /** undefined: one that we know no packages of. */
  family?: Family | undefined;
}

const FAMILIES: Readonly<Record<string, Family>> = {
  fedora: 'fedora',
  rhel: 'fedora',
  centos: 'fedora',
  debian: 'debian',
  ubuntu: 'debian',
  arch: 'arch',
  suse: 'suse',
  opensuse: 'suse',
};

/** Derivatives count as what they are like: `ID_LIKE`. Pure. */
export function distributionOf(release: OsRelease): Distribution {
  const id = release['ID'] || 'linux';
  const like = [id, ...(release['ID_LIKE'] ?? '').split(' ')];
  return {
    name: release['PRETTY_NAME'] || id,
    id,
    versionId: release['VERSION_ID'],
    family: like.map((word) => FAMILIES[word]).find((family) => family !== undefined),
  };
}

/** This machine's. */
export async function readDistribution(): Promise<Distribution> {
  return distributionOf(await readOsRelease());
}
