/**
 * The names that become part of paths, command lines, volume labels and file formats. Whatever comes from a file, a
 * cache, a builder or the command line is checked here before it is used as one.
 *
 * One alphabet for all: ASCII letters, digits, `.`, `_` and `-`, and a letter, a digit or `_` first. Such a name is
 * never an option, a hidden file or `..`, leaves no directory, needs no quotes in any shell, and is the same in every encoding
 * and file system.
 */

/** What a name is the name of. */
export type NameKind = 'leaf' | 'edition' | 'iso' | 'volume id' | 'file';

interface Rule {
  /** In characters, which are bytes: names are ASCII. */
  readonly longest: number;
  readonly pattern: RegExp;
  /** In the words of an error's hint. */
  readonly allowed: string;
}

const plain = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/u;
const plainText = 'letters, digits, ".", "_" and "-", and a letter, digit or "_" first';

const rules: Readonly<Record<NameKind, Rule>> = {
  leaf: { longest: 64, pattern: plain, allowed: plainText },
  edition: { longest: 64, pattern: plain, allowed: plainText },
  // 255 bytes is what file systems grant; temporary names are made of it by further letters.
  iso: { longest: 128, pattern: /^[A-Za-z0-9_][A-Za-z0-9._-]*\.iso$/u, allowed: `${plainText}, and ".iso" at the end` },
  // ISO 9660 gives the volume id 32 bytes. lorax's templates would change a dot, and a first "-" is an option to xorriso.
  'volume id': {
    longest: 32,
    pattern: /^[A-Za-z0-9_][A-Za-z0-9_-]*$/u,
    allowed: 'letters, digits, "_" and "-", and a letter, digit or "_" first',
  },
  file: { longest: 200, pattern: plain, allowed: plainText },
};

/** Whether `text` may be the name of something of this kind. */
export function isName(kind: NameKind, text: string): boolean {
  return nameProblem(kind, text) === undefined;
}

/**
 * Why `text` may not be the name of something of this kind; undefined: it may. For an error's hint: it does not contain
 * the text itself.
 */
export function nameProblem(kind: NameKind, text: string): string | undefined {
  const { longest, pattern, allowed } = rules[kind];
  if (text === '') return `it is empty: use ${allowed}`;
  if (text.length > longest) return `it has ${text.length} characters, and at most ${longest} are allowed`;
  return pattern.test(text) ? undefined : `use ${allowed}`;
}

/** A sha256 in lower-case hex, as sha256sum prints it. */
export function isSha256(text: string): boolean {
  return /^[0-9a-f]{64}$/u.test(text);
}

/** A sha256 as OCI writes digests: `sha256:` and 64 lower-case hex digits. */
export function isDigest(text: string): boolean {
  return text.startsWith('sha256:') && isSha256(text.slice('sha256:'.length));
}
