import { firstVisible, isShellBlank, wordEnd } from './blanks.ts';
import type { Diagnostic, DiagnosticCode } from './diagnostics.ts';
import type { BodyFile, CommandLine, Include, KickstartFile, Node, Section, Text } from './nodes.ts';
import { oddCharacter } from './odd-character.ts';
import { type Line, oddEnd, splitLines, splitPythonLines, withBlankEdges } from './source.ts';
import { suggest } from './suggest.ts';
import { type Word, type WordProblem, splitWords } from './words.ts';

/** The sections of every release (pykickstart `sections.py`). */
export const SECTIONS = [
  '%packages',
  '%pre',
  '%pre-install',
  '%post',
  '%onerror',
  '%traceback',
  '%certificate',
  '%addon',
  '%anaconda',
] as const;

const KNOWN: ReadonlySet<string> = new Set(SECTIONS);
const BOM = '\uFEFF';

/**
 * How files are read. `pykickstart` has its quirks: a byte order mark is a part of the first word, lines end wherever
 * Python ends them, %ksappend is left to other tools.
 */
export type Dialect = 'plain' | 'pykickstart';

/** The lines of a file. */
export function linesOf(text: string, dialect: Dialect = 'plain'): Line[] {
  return dialect === 'plain' ? splitLines(text) : splitPythonLines(text);
}

/** Reads one file, without following its includes. Lossless; never throws: problems are in `diagnostics`. */
export function parse(path: string, text: string, dialect: Dialect = 'plain'): KickstartFile {
  const bom = text.startsWith(BOM) && dialect === 'plain' ? BOM : '';
  const reader = new Reader(path, dialect);
  if (bom !== '') reader.report('KS_BYTE_ORDER_MARK', { number: 1, text: '', eol: '' }, 0, 1);
  const nodes = reader.commands(linesOf(text.slice(bom.length), dialect));
  return { path, bom, nodes, diagnostics: reader.diagnostics };
}

/** For pykickstart's dialect: the nodes from a line on, one at a time, each with the number of lines before the next. */
export function nodesFrom(path: string, lines: readonly Line[], at: number): Iterable<ReadNode> {
  return new Reader(path, 'pykickstart').nodes(lines, at);
}

export interface ReadNode {
  readonly node: Node;
  readonly next: number;
}

/** For pykickstart's dialect: the rest of a section that another file opened, up to its `%end`, the next header, or the end of the lines. */
export function restOfSection(path: string, lines: readonly Line[], at: number): SectionRest {
  return new Reader(path, 'pykickstart').restOfSection(lines, at);
}

export interface SectionRest {
  readonly body: readonly (Text | Include)[];
  readonly end: Line | undefined;
  /** The number of lines before the one that follows it. */
  readonly next: number;
}

/** Reads a file that is included inside a section. */
export function parseBody(path: string, text: string): BodyFile {
  const reader = new Reader(path, 'plain');
  const body = reader.body(splitLines(text.startsWith(BOM) ? text.slice(1) : text));
  return { path, body, diagnostics: reader.diagnostics };
}

class Reader {
  readonly diagnostics: Diagnostic[] = [];
  readonly #path: string;
  readonly #dialect: Dialect;

  constructor(path: string, dialect: Dialect) {
    this.#path = path;
    this.#dialect = dialect;
  }

  commands(lines: readonly Line[]): Node[] {
    return Array.from(this.nodes(lines, 0), ({ node }) => node);
  }

  *nodes(lines: readonly Line[], from: number): Generator<ReadNode> {
    let at = from;
    for (let line = lines[at]; line !== undefined; line = lines[at]) {
      const read = this.#node(line, lines, at + 1);
      at = read.next;
      yield read;
    }
  }

  #node(given: Line, lines: readonly Line[], next: number): ReadNode {
    const line = this.#dialect === 'plain' ? withBlankEdges(given) : given;
    this.#checkEnd(line);
    const start = firstVisible(line.text);
    if (start === line.text.length) return { node: { kind: 'blank', line }, next };
    if (line.text[start] === '#') return { node: { kind: 'comment', line }, next };
    const word = commandKeyword(line);
    switch (word) {
      case undefined:
        return { node: this.#command(line), next };
      case '%include':
        return { node: this.#include(line, { comments: true }), next };
      case '%end':
        this.#reportKeyword('KS_STRAY_END', line);
        return { node: { kind: 'stray-end', line }, next };
      case '%ksappend':
        if (this.#dialect === 'pykickstart') return { node: this.#command(line), next };
        return { node: this.#appended(line, { comments: true }), next };
      default:
        return this.#section(word, line, lines, next);
    }
  }

  body(lines: readonly Line[]): (Text | Include)[] {
    return lines.map((line) => {
      const word = this.#bodyKeyword(line);
      if (word === '%include') return this.#include(line, { comments: false });
      if (word === '%ksappend') return this.#appended(line, { comments: false });
      if (word === '%end') this.#reportKeyword('KS_STRAY_END', line);
      else if (word !== undefined) this.#reportKeyword('KS_SECTION_NOT_ENDED', line);
      return { kind: 'text', line };
    });
  }

  /** The section whose header is the line before `at`: up to its `%end`, the next header, or the end of the file. */
  #section(name: string, header: Line, lines: readonly Line[], at: number): { node: Section; next: number } {
    const known = KNOWN.has(name);
    if (!known) this.#reportKeyword('KS_UNKNOWN_SECTION', header);
    const words = this.#words(header, { comments: true });
    this.#checkCharacters(header, words);
    const { body, end, next } = this.restOfSection(lines, at);
    if (end === undefined) this.#reportKeyword('KS_SECTION_NOT_ENDED', header);
    else this.#words(end, { comments: false });
    return { node: { kind: 'section', name, known, header, words: words.slice(1), body, end }, next };
  }

  restOfSection(lines: readonly Line[], at: number): SectionRest {
    const body: (Text | Include)[] = [];
    let end: Line | undefined;
    let next = at;
    for (let line = lines[next]; line !== undefined && end === undefined; next += 1, line = lines[next]) {
      const word = this.#bodyKeyword(line);
      if (word === '%end') end = line;
      else if (word === '%include') body.push(this.#include(line, { comments: false }));
      else if (word === '%ksappend') body.push(this.#appended(line, { comments: false }));
      else if (word !== undefined) break;
      else body.push({ kind: 'text', line });
    }
    return { body, end, next };
  }

  #command(line: Line): CommandLine {
    const words = this.#words(line, { comments: true });
    this.#checkCharacters(line, words);
    return { kind: 'command', line, words };
  }

  #checkCharacters(line: Line, words: CommandLine['words']): void {
    const odd = this.#dialect === 'plain' ? oddCharacter(line.text, words) : undefined;
    if (odd === undefined) return;
    const { at: column, message, hint } = odd;
    const at = { path: this.#path, line: line.number, column: column + 1 };
    const code = 'KS_ODD_CHARACTER';
    this.diagnostics.push({ code, severity: 'warning', message, hint, at, length: 1, includedFrom: [] });
  }

  #include(line: Line, splitting: { comments: boolean }): Include {
    const target = withoutComment(line, this.#words(line, splitting))[1];
    if (target === undefined) this.#reportKeyword('KS_INCLUDE_WITHOUT_PATH', line);
    return { kind: 'include', line, target };
  }

  /** Like an include: Anaconda puts the file in before it reads anything. */
  #appended(line: Line, splitting: { comments: boolean }): Include {
    this.#reportKeyword('KS_IGNORED_LINE', line);
    return this.#include(line, splitting);
  }

  /** A line among commands that is several lines to Python. */
  #checkEnd(line: Line): void {
    const end = this.#dialect === 'plain' ? oddEnd(line.text) : -1;
    if (end >= 0) this.report('KS_ODD_LINE_END', line, end, end + 1);
  }

  #words(line: Line, options: { comments: boolean }): CommandLine['words'] {
    const { words, problems } = splitWords(line.text, options);
    for (const problem of problems) this.#reportWord(problem, line);
    return problems.some((p) => p.code !== 'KS_COMMENT_IN_WORD') ? [] : words;
  }

  #reportWord(problem: WordProblem, line: Line): void {
    this.report(problem.code, line, problem.start, problem.end);
  }

  #bodyKeyword(line: Line): string | undefined {
    if (!line.text.includes('%')) return undefined;
    if (this.#dialect === 'plain') {
      if (commandKeyword(line) === '%ksappend') return '%ksappend';
      const end = oddEnd(line.text);
      if (
        end >= 0 &&
        line.text
          .slice(end + 1)
          .trimStart()
          .startsWith('%')
      )
        this.#checkEnd(line);
    }
    const like = looksLikeKeyword(line);
    if (like?.isOne === false) this.#reportKeyword('KS_ODD_BLANK', line);
    return like?.isOne ? like.word : undefined;
  }

  #reportKeyword(code: ReadingCode, line: Line): void {
    const start = firstVisible(line.text);
    this.report(code, line, start, wordEnd(line.text, start));
  }

  report(code: ReadingCode, line: Line, start: number, end: number): void {
    const { severity, message, hint } = EXPLANATIONS[code](line.text.slice(start, end));
    const at = { path: this.#path, line: line.number, column: start + 1 };
    this.diagnostics.push({ code, severity, message, hint, at, length: Math.max(1, end - start), includedFrom: [] });
  }
}

/** Lines of sections are split without comments, so that a # inside a word stays; one that starts a word still is a comment. */
function withoutComment(line: Line, words: readonly Word[]): readonly Word[] {
  const comment = words.findIndex((word) => line.text[word.start] === '#');
  return comment < 0 ? words : words.slice(0, comment);
}

/** A line as `shlex` sees it: line ends that only Python knows are part of its last word. */
export function asWritten({ text, eol }: Line): string {
  return eol === '' || isShellBlank(eol.charCodeAt(0)) ? text : text + eol;
}

/** The first word of a line among commands, if it starts with a percent sign: it may be quoted. */
function commandKeyword(line: Line): string | undefined {
  if (!line.text.includes('%')) return undefined;
  const plain = /^[ \t\r\n]*(%[^ \t\r\n"'\\#]*)(?:[ \t\r\n#]|$)/.exec(asWritten(line))?.[1];
  if (plain !== undefined || !/^[ \t\r\n]*[%"'\\]/.test(line.text)) return plain;
  const { words, problems } = splitWords(asWritten(line));
  // What cannot be split still starts with a percent sign: `%post\`.
  const first = words[0]?.value ?? (problems.length > 0 ? line.text.trimStart() : '');
  return first.startsWith('%') ? first : undefined;
}

/** `%end`, `%include` or the name of a section at the start of a line in a section, whatever the blanks around it. */
function looksLikeKeyword(line: Line): { readonly word: string; readonly isOne: boolean } | undefined {
  if (!line.text.includes('%')) return undefined;
  const start = firstVisible(line.text);
  if (line.text[start] !== '%') return undefined;
  const word = line.text.slice(start, wordEnd(line.text, start));
  if (word !== '%end' && word !== '%include' && !KNOWN.has(word)) return undefined;
  const written = asWritten(line);
  const after = written.charCodeAt(start + word.length);
  const isOne = /^[ \t\r\n]*$/.test(written.slice(0, start)) && (Number.isNaN(after) || isShellBlank(after));
  return { word, isOne };
}

/** A line of a section that pykickstart drops: it looks like `%end`, but has a blank that is neither space nor tab. */
export function isDropped(line: Line): boolean {
  return looksLikeKeyword(line)?.isOne === false;
}

function codePoint(text: string): string {
  return `U+${(text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

type ReadingCode = Extract<
  DiagnosticCode,
  | WordProblem['code']
  | 'KS_BYTE_ORDER_MARK'
  | 'KS_UNKNOWN_SECTION'
  | 'KS_SECTION_NOT_ENDED'
  | 'KS_STRAY_END'
  | 'KS_IGNORED_LINE'
  | 'KS_ODD_BLANK'
  | 'KS_ODD_LINE_END'
  | 'KS_INCLUDE_WITHOUT_PATH'
>;

const EXPLANATIONS: Record<ReadingCode, (text: string) => Pick<Diagnostic, 'severity' | 'message' | 'hint'>> = {
  KS_BYTE_ORDER_MARK: () => ({
    severity: 'warning',
    message: 'the file starts with a byte order mark, which Anaconda reads as part of the first command',
    hint: 'save the file as UTF-8 without a byte order mark',
  }),
  KS_UNBALANCED_QUOTE: (text) => ({
    severity: 'error',
    message: `this ${text.startsWith("'") ? 'single' : 'double'} quote is never closed`,
    hint: 'close it on the same line: a kickstart command cannot span lines',
  }),
  KS_TRAILING_BACKSLASH: () => ({
    severity: 'error',
    message: 'a backslash at the end of the line',
    hint: 'write the command on one line: kickstart has no line continuation',
  }),
  KS_COMMENT_IN_WORD: () => ({
    severity: 'warning',
    message: 'a comment starts here, inside a word: the rest of the line is cut off',
    hint: 'quote the word if the # belongs to it; put a space before the # if it is a comment',
  }),
  KS_UNKNOWN_SECTION: (text) => {
    const near = suggest(text, SECTIONS);
    const hint = near ? `did you mean ${near}?` : `sections are ${SECTIONS.join(', ')}`;
    return { severity: 'error', message: `unknown section ${text}`, hint };
  },
  KS_SECTION_NOT_ENDED: (text) => ({
    severity: 'error',
    message: `section ${text} does not end with %end`,
    hint: 'add a line %end after its last line; a section cannot hold another one',
  }),
  KS_STRAY_END: () => ({
    severity: 'error',
    message: '%end without a section',
    hint: 'remove it, or add the section header it belongs to in this same file',
  }),
  KS_IGNORED_LINE: (text) => ({
    severity: 'warning',
    message: `${text} is followed here as %include is, but ksflatten drops it, and what it names`,
    hint: 'use %include',
  }),
  KS_ODD_BLANK: (text) => ({
    severity: 'warning',
    message: `this is not ${text}: the blank before or after it is neither a space nor a tab, and the line is ignored`,
    hint: 'write it with a plain space, or at the start of the line',
  }),
  KS_ODD_LINE_END: (text) => ({
    severity: 'error',
    message: `Anaconda ends the line at this character (${codePoint(text)}), and reads the rest as a line of its own`,
    hint: 'remove it, or end the line there',
  }),
  KS_INCLUDE_WITHOUT_PATH: () => ({
    severity: 'error',
    message: '%include without a path',
    hint: 'name the file to include',
  }),
};
