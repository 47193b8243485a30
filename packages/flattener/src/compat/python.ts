/**
 * The few places where Python's idea of text and numbers shows through pykickstart's results.
 */

/** What `str.strip` takes away: not U+FEFF, as JavaScript's `trim` does, but the separators U+001C to U+001F. */
const SPACE = new Set('\t\n\v\f\r\u001C\u001D\u001E\u001F \u0085\u00A0\u1680\u2028\u2029\u202F\u205F\u3000');
for (let code = 0x2000; code <= 0x200a; code += 1) SPACE.add(String.fromCharCode(code));

/** `str.strip()` */
export function strip(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && SPACE.has(text.charAt(start))) start += 1;
  while (end > start && SPACE.has(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** Blank, as in `str.isspace()`, or empty. */
export function isBlank(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (!SPACE.has(text.charAt(at))) return false;
  return true;
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

/** `sorted` of strings: by code point, where JavaScript goes by UTF-16 unit; where there are no surrogates it is the same. */
export function sorted(texts: readonly string[]): string[] {
  return texts.some((text) => /[\uD800-\uDFFF]/.test(text)) ? texts.toSorted(byCodePoint) : texts.toSorted();
}

function byCodePoint(a: string, b: string): number {
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
