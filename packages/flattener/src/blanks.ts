/**
 * What counts as blank. Two answers matter, since pykickstart asks both: Python's `str.strip` takes more for blank than
 * a space and a tab, `shlex` does not. A line that only starts with a no-break space is not what it looks like.
 */

/** What `str.strip` takes away: not U+FEFF, as JavaScript's `trim` does, but the separators U+001C to U+001F. */
const SPACE = new Set('\t\n\v\f\r\u001C\u001D\u001E\u001F \u0085\u00A0\u1680\u2028\u2029\u202F\u205F\u3000');
for (let code = 0x2000; code <= 0x200a; code += 1) SPACE.add(String.fromCharCode(code));

function isSpace(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code <= 32 || code >= 0x80 ? SPACE.has(text.charAt(at)) : false;
}

/** `str.strip()` */
export function strip(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isSpace(text, start)) start += 1;
  while (end > start && isSpace(text, end - 1)) end -= 1;
  return text.slice(start, end);
}

/** Where the first character stands that is not blank; the text's length when there is none. */
export function firstVisible(text: string): number {
  let at = 0;
  while (at < text.length && isSpace(text, at)) at += 1;
  return at;
}

/** Where the word that starts at `from` ends, as in `str.split()`. */
export function wordEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isSpace(text, at)) at += 1;
  return at;
}

/** Blank, as in `str.isspace()`, or empty. */
export function isBlank(text: string): boolean {
  return firstVisible(text) === text.length;
}

/** Space, tab, CR, LF: what `shlex` splits at. */
export function isShellBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 13 || code === 10;
}
