import type { FileDigest } from './digest.ts';

/** A file that a `CHECKSUM` speaks of. */
export interface Checksummed extends FileDigest {
  name: string;
}

/** The text of a `CHECKSUM` as Fedora puts one beside its images; `sha256sum --check` reads it. */
export const checksumText = ({ name, size, sha256 }: Checksummed): string =>
  `# ${name}: ${size} bytes\nSHA256 (${name}) = ${sha256}\n`;

/** The files that a `CHECKSUM` speaks of; those whose size or digest is missing are left out. */
export const parseChecksum = (text: string): Checksummed[] => {
  const sizes = new Map([...text.matchAll(/^# (.+): (\d+) bytes$/gmu)].map(([, name, size]) => [name, Number(size)]));
  return [...text.matchAll(/^SHA256 \((.+)\) = ([0-9a-f]{64})$/gmu)].flatMap(([, name = '', sha256 = '']) => {
    const size = sizes.get(name);
    return size === undefined ? [] : [{ name, size, sha256 }];
  });
};
