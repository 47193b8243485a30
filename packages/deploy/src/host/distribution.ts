import { readFile } from 'node:fs/promises';

/** How packages are named and installed. */
export type Family = 'fedora' | 'debian' | 'arch' | 'suse';

/** A machine's distribution, as its os-release(5) tells. */
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

/** Pure. Derivatives count as what they are like: `ID_LIKE`. */
export function parseOsRelease(text: string): Distribution {
  const fields = Object.fromEntries(
    [...text.matchAll(/^(?<key>[A-Z_]+)=(?<value>.*)$/gmu)].map(({ groups }) => [
      groups?.['key'] ?? '',
      (groups?.['value'] ?? '').replace(/^(?<quote>["'])(?<inner>.*)\k<quote>$/u, '$<inner>'),
    ]),
  );
  const id = fields['ID'] || 'linux';
  const like = [id, ...(fields['ID_LIKE'] ?? '').split(' ')];
  return {
    name: fields['PRETTY_NAME'] || id,
    id,
    versionId: fields['VERSION_ID'],
    family: like.map((word) => FAMILIES[word]).find((family) => family !== undefined),
  };
}

/** This machine's. */
export async function readDistribution(): Promise<Distribution> {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) return parseOsRelease(text);
  }
  return parseOsRelease('');
}
