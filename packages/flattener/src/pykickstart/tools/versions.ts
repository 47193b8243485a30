import { NEWEST_FEDORA, RELEASE_NAMES, type Release, releaseNamed } from '../../commands/table.ts';

/** Without `-v` files are read as pykickstart's DEVEL. */
export const DEFAULT_VERSION = NEWEST_FEDORA;

/**
 * A release by what `-v` says: `F45`, `rhel9`, pykickstart's number (45000 for F45), or its long name ("Fedora Linux
 * 45"). `undefined`: not in the table.
 */
export function releaseOf(version: string): Release | undefined {
  const upper = version.toUpperCase();
  const long = /^FEDORA.* (\d+)$/.exec(upper)?.[1];
  const longRhel = /^RED HAT ENTERPRISE LINUX.* (\d+)[.\d]*$/.exec(upper)?.[1];
  const number = /^(\d+)000$/.exec(version)?.[1];
  const name = long ?? number;
  return releaseNamed(name === undefined ? (longRhel === undefined ? upper : `RHEL${longRhel}`) : `F${name}`);
}

/** What to say of a release that the table does not have. */
export function unknownVersion(version: string): string {
  const supported = RELEASE_NAMES.join(', ');
  return `The version ${version} is not supported by pykickstart\nhint: supported here are ${supported}`;
}

/** The releases of the table, one a line. */
export function listVersions(): string {
  return RELEASE_NAMES.toSorted()
    .map((name) => `${name}\n`)
    .join('');
}
