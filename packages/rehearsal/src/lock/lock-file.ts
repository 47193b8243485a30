/** One package of Debian, exactly: the same name and version never come with other bytes. */
export interface Pin {
  name: string;
  version: string;
  /** Of the package's file, in hexadecimal digits. */
  sha256: string;
}

/** The lock file is not what `phyllome lock` writes. */
export class LockFileError extends Error {
  override readonly name = 'LockFileError';
}

const header = '# Written by `pnpm phyllome lock`: Debian packages as name, version, sha256. See docs/adr/0005.\n';

/** Names and versions as Debian's policy has them (5.6.1, 5.6.12): they go into apt's files and command lines. */
const pinLine = /^(?<name>[a-z0-9][a-z0-9+.:-]+) (?<version>[A-Za-z0-9.+:~-]+) (?<sha256>[0-9a-f]{64})$/u;

/** @throws {LockFileError} naming the line that is not a pin. */
export const parseLock = (text: string): Pin[] =>
  text.split('\n').flatMap((line, index) => {
    if (line === '' || line.startsWith('#')) return [];
    const { name, version, sha256 } = pinLine.exec(line)?.groups ?? {};
    if (name === undefined || version === undefined || sha256 === undefined)
      throw new LockFileError(`line ${index + 1} is not a pinned package: ${line}`);
    return [{ name, version, sha256 }];
  });

/** One package a line, sorted by name: what an update changes reads well in a review. */
export const formatLock = (pins: readonly Pin[]): string =>
  [header, ...pins.toSorted(byName).map(({ name, version, sha256 }) => `${name} ${version} ${sha256}\n`)].join('');

export const byName = (one: { name: string }, other: { name: string }): number =>
  one.name < other.name ? -1 : one.name > other.name ? 1 : 0;

/** apt_preferences(5): the pinned version before any other, a lower one too. Pins that nothing offers have no effect. */
export const aptPreferences = (pins: readonly Pick<Pin, 'name' | 'version'>[]): string =>
  pins.map(({ name, version }) => `Package: ${name}\nPin: version ${version}\nPin-Priority: 1001\n`).join('\n');
