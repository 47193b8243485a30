import { isShellBlank } from './blanks.ts';

/** One shell word of a line. */
export interface Word {
  /** Without quotes and escapes. */
  readonly value: string;
  /** Where the word starts in its line, from 0. */
  readonly start: number;
  /** Where it ends, quotes included. */
  readonly end: number;
}

export interface WordProblem {
  readonly code: 'KS_UNBALANCED_QUOTE' | 'KS_TRAILING_BACKSLASH' | 'KS_COMMENT_IN_WORD';
  readonly start: number;
  readonly end: number;
}

export interface SplitWords {
  readonly words: readonly Word[];
  readonly problems: readonly WordProblem[];
}

const SPECIAL = /["'\\#]/;

/**
 * Splits a line as pykickstart does, by Python's `shlex.split(line, comments=True)`: POSIX quotes, where a backslash
 * inside double quotes escapes only `"` and `\`; blanks are space and tab; `#` starts a comment even inside a word.
 * Section headers are split with `comments: false`.
 */
export function splitWords(line: string, options: { comments: boolean } = { comments: true }): SplitWords {
  if (!SPECIAL.test(line)) return { words: plainWords(line), problems: [] };
  const words: Word[] = [];
  const problems: WordProblem[] = [];
  let at = 0;
  while (at < line.length) {
    if (isShellBlank(line.charCodeAt(at))) {
      at += 1;
      continue;
    }
    if (options.comments && line[at] === '#') break;
    const start = at;
    let value = '';
    while (at < line.length && !isShellBlank(line.charCodeAt(at))) {
      const char = line.charAt(at);
      if (char === '#' && options.comments) {
        problems.push({ code: 'KS_COMMENT_IN_WORD', start: at, end: line.length });
        words.push({ value, start, end: at });
        return { words, problems };
      }
      if (char === "'" || char === '"') {
        const quoted = readQuoted(line, at);
        if (quoted === undefined) {
          problems.push({ code: 'KS_UNBALANCED_QUOTE', start: at, end: line.length });
          return { words, problems };
        }
        value += quoted.value;
        at = quoted.end;
      } else if (char === '\\') {
        if (at + 1 >= line.length) {
          problems.push({ code: 'KS_TRAILING_BACKSLASH', start: at, end: line.length });
          return { words, problems };
        }
        value += line.charAt(at + 1);
        at += 2;
      } else {
        value += char;
        at += 1;
      }
    }
    words.push({ value, start, end: at });
  }
  return { words, problems };
}

/** The words of a line without quotes, escapes and comments: most lines, and much faster so. */
function plainWords(line: string): Word[] {
  const words: Word[] = [];
  let start = 0;
  for (let at = 0; at <= line.length; at += 1) {
    if (at < line.length && !isShellBlank(line.charCodeAt(at))) continue;
    if (at > start) words.push({ value: line.slice(start, at), start, end: at });
    start = at + 1;
  }
  return words;
}

/** The quoted text that opens at `open`; `undefined` when it never closes. */
function readQuoted(line: string, open: number): { value: string; end: number } | undefined {
  const quote = line.charAt(open);
  let value = '';
  for (let at = open + 1; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (char === quote) return { value, end: at + 1 };
    const next = line[at + 1];
    if (char === '\\' && quote === '"' && (next === '"' || next === '\\')) {
      value += next;
      at += 1;
    } else {
      value += char;
    }
  }
  return undefined;
}

/** A word that {@link splitWords} reads back as `value`; quoted only where that is needed. */
export function quoteWord(value: string): string {
  const option = /^(--?[A-Za-z][\w-]*=)([^]*)$/.exec(value);
  if (option !== null) return `${option[1]}${quoteValue(option[2] ?? '', true)}`;
  return quoteValue(value, false);
}

/** Characters that no shell reads in a special way: pykickstart would take more, but people paste. */
const PLAIN = /^[\w@%+=:,./^~-]+$/;

function quoteValue(value: string, mayBeEmpty: boolean): string {
  if (value === '' && mayBeEmpty) return '""';
  if (PLAIN.test(value)) return value;
  if (/["\\]/.test(value) && !value.includes("'")) return `'${value}'`;
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}
