import type { FileDigest } from './digest.ts';

/** A file that a `CHECKSUM` speaks of. */
export interface Checksummed extends FileDigest {
  name: string;
}

/** The text of a `CHECKSUM` as Fedora puts one beside its images; `sha256sum --check` reads it. */
export const checksumText = ({ name, size, sha256 }: Checksummed): string =>
  `# ${name}: ${size} bytes\nSHA256 (${name}) = ${sha256}\n`;

/** The files that a `CHECKSUM` speaks of; those whose size or digest is missing are left out. */
export function parseChecksum(text: string): Checksummed[] {
  const sizes = new Map([...text.matchAll(/^# (.+): (\d+) bytes$/gmu)].map(([, name, size]) => [name, Number(size)]));
  return [...text.matchAll(/^SHA256 \((.+)\) = ([0-9a-f]{64})$/gmu)].flatMap(([, name = '', sha256 = '']) => {
    const size = sizes.get(name);
    return size === undefined ? [] : [{ name, size, sha256 }];
  });
}

/**
 * The text that an OpenPGP clear signature is of (RFC 9580, section 7); any other text is returned as it is, also one with
 * lines after the signature, which `sha256sum --check` would read. Whether the signature is good is another question.
 */
export function cleartextOf(text: string): string {
  const signed =
    /^-----BEGIN PGP SIGNED MESSAGE-----\r?\n(?:[A-Za-z]+: .*\r?\n)*\r?\n([^]*?)\r?\n-----BEGIN PGP SIGNATURE-----\r?\n(?:[A-Za-z]+: .*\r?\n)*\r?\n(?:[A-Za-z0-9+/=]+\r?\n)+-----END PGP SIGNATURE-----\s*$/u.exec(
      text,
    );
  if (signed === null) return text;
  const lines = (signed[1] ?? '').split(/\r?\n/u).map((line) => line.replace(/^- /u, ''));
  return `${lines.join('\n').replace(/\n+$/u, '')}\n`;
}
