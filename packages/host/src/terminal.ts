/**
 * Text for terminals. What a file, an engine, a builder or a guest says may hold sequences that a terminal obeys: they
 * set its title, write its clipboard, hide or reorder what is read. Here they become visible instead.
 */

/**
 * Controls (C0, DEL, C1: an escape sequence without its ESC or CSI is harmless text), format characters (bidi controls,
 * zero-width ones, soft hyphen, tags), line and paragraph separators, private use, and halves of surrogate pairs. By
 * Unicode's own categories: a list of single characters would be short of one.
 *
 * Made when there is something to look for: most text has none, and to read the categories is slow.
 */
const unsafe = (): RegExp => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;
/** The same without the line feed. */
const unsafeInText = (): RegExp => /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;
/** More marks on one letter than any script has: they cover the lines above and below. */
const stackedMarks = (): RegExp => /(\p{M}{8})\p{M}+/gu;

/** ECMA-48's SGR. Of its letters, for a control character in an expression is a mistake elsewhere. */
const rendition = new RegExp(String.raw`(\u001B\[[0-9;:]*m)`, 'u');

/** Characters of one line that are shown, unless another limit is given. */
const longestLine = 2000;
/** Characters of a text that are shown, unless another limit is given. */
const longestText = 100_000;

/**
 * One line of foreign text: no line break, nothing that a terminal obeys, at most `longest` characters. A tab becomes a
 * blank; any other unsafe character is written as `\x1b` or `\u202e`; what is cut off is counted.
 */
export function safeLine(text: string, longest = longestLine): string {
  return safe(shorten(text, longest), unsafe);
}

/** Foreign text of several lines: as {@link safeLine}, but line feeds stay and tabs become blanks. */
export function safeText(text: string, longest = longestText): string {
  return safe(shorten(text, longest), unsafeInText);
}

/**
 * The same without a limit, for what is printed whole because it was asked for, as a flat kickstart: its characters stay
 * what they are where no terminal reads them.
 */
export function safeDocument(text: string): string {
  return safe(text, unsafeInText, '\t');
}

/** As {@link safeLine}, but colours and other renditions of text stay (SGR: `ESC [ numbers m`). */
export function safeColouredLine(text: string, longest = longestLine): string {
  return shorten(text, longest)
    .split(rendition)
    .map((part, at) => (at % 2 === 1 ? part : safeLine(part, Infinity)))
    .join('');
}

/** A value as one line of JSON, with unsafe characters as `\u202e`: the same value, whatever reads it. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replaceAll(unsafeInText(), (character) =>
    [...Array(character.length).keys()].map((at) => unicode(character.charCodeAt(at))).join(''),
  );
}

function safe(text: string, pattern: () => RegExp, tab = ' '): string {
  // Most text is this.
  if (/^[\n -~]*$/u.test(text) && (pattern === unsafeInText || !text.includes('\n'))) return text;
  return text
    .replaceAll(pattern(), (character) => (character === '\t' ? tab : visible(character)))
    .replaceAll(stackedMarks(), '$1');
}

/** As a programmer writes it in a string. */
function visible(character: string): string {
  if (character === '\n') return String.raw`\n`;
  if (character === '\r') return String.raw`\r`;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x1_00) return String.raw`\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x1_00_00 ? unicode(code) : String.raw`\u{${code.toString(16)}}`;
}

const unicode = (code: number): string => String.raw`\u${code.toString(16).padStart(4, '0')}`;

function shorten(text: string, longest: number): string {
  if (text.length <= longest) return text;
  // Not between the halves of a pair.
  const end = /[\uD800-\uDBFF]/u.test(text[longest - 1] ?? '') ? longest - 1 : longest;
  return `${text.slice(0, end)} … (${text.length - end} more characters)`;
}
