/**
 * The few places where Python's idea of text and numbers shows through pykickstart's results.
 */
import { strip } from '../blanks.ts';

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

/** `int(text)`: blanks around, a sign, underscores between digits, digits of any script; `undefined` for anything else. */
export function parseInteger(text: string): bigint | undefined {
  // Nearly all of them; Unicode's tables take long to load.
  if (/^\d{1,15}$/.test(text)) return BigInt(text);
  // Blank to `str.strip`, but not to `int`.
  if (Array.from('\u001C\u001D\u001E\u001F').some((separator) => text.includes(separator))) return undefined;
  const digits = strip(text).replace(/\p{Nd}/gu, (digit) => String(digitValue(digit)));
  if (!/^[+-]?\d+(_\d+)*$/.test(digits)) return undefined;
  const plain = digits.replace(/^[+-]/, '').replaceAll('_', '');
  if (plain.length > MAX_DIGITS) return undefined;
  return digits.startsWith('-') ? -BigInt(plain) : BigInt(plain);
}

/** Python's own limit, against input that takes quadratic time. */
const MAX_DIGITS = 4300;

/** Unicode has decimal digits in runs of ten, from zero to nine. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return (code - zero) % 10;
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
