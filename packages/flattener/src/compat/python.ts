/**
 * The few places where Python's idea of text and numbers shows through pykickstart's results.
 */

/** What `str.strip` takes away: not U+FEFF, as JavaScript's `trim` does, but the separators U+001C to U+001F. */
const SPACE = String.raw`\t-\r\u001C-\u001F \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000`;
const LEADING = new RegExp(`^[${SPACE}]+`);
const TRAILING = new RegExp(`[${SPACE}]+$`);
const ONLY_SPACE = new RegExp(`^[${SPACE}]*$`);

/** `str.strip()` */
export function strip(text: string): string {
  return text.replace(LEADING, '').replace(TRAILING, '');
}

/** Blank, as in `str.isspace()`, or empty. */
export function isBlank(text: string): boolean {
  return ONLY_SPACE.test(text);
}

/** `repr` of a string. */
export function repr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replace(/\\/g, '\\\\')
    .replace(/\n/g, '\\n')
    .replace(/\r/g, '\\r')
    .replace(/\t/g, '\\t')
    .replaceAll(quote, `\\${quote}`);
  return quote + escaped + quote;
}

/** `repr` of a list of strings. */
export function reprList(items: readonly string[]): string {
  return `[${items.map(repr).join(', ')}]`;
}

/** `int(text)`: blanks around, a sign, and underscores between digits are fine; `undefined` for anything else. */
export function parseInteger(text: string): bigint | undefined {
  const digits = strip(text);
  if (!/^[+-]?\d+(_\d+)*$/.test(digits)) return undefined;
  const value = BigInt(digits.replace(/^[+-]/, '').replaceAll('_', ''));
  return digits.startsWith('-') ? -value : value;
}

/** `os.path.normpath` of an absolute path: two leading slashes are kept, three are not. */
export function normalizePath(path: string): string {
  const lead = /^\/\/(?!\/)/.test(path) ? '//' : '/';
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return lead + parts.join('/');
}

/** `shlex.quote` */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}

/** Python's order of strings: by code point, where JavaScript goes by UTF-16 unit. */
export function byCodePoint(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at += 1) {
    const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
