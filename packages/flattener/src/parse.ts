import type { Diagnostic, DiagnosticCode } from './diagnostics.ts';
import type { BodyFile, CommandLine, Include, KickstartFile, Node, Section, Text } from './nodes.ts';
import { type Line, type SplitLines, splitLines } from './source.ts';
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

/** Reads one file, without following its includes. Lossless; never throws: problems are in `diagnostics`. */
export function parse(path: string, text: string, split: SplitLines = splitLines): KickstartFile {
  const bom = text.startsWith(BOM) ? BOM : '';
  const reader = new Reader(path);
  if (bom !== '') reader.report('KS_BYTE_ORDER_MARK', { number: 1, text: '', eol: '' }, 0, 1);
  const nodes = reader.commands(split(text.slice(bom.length)));
  return { path, bom, nodes, diagnostics: reader.diagnostics };
}

/** The nodes from a line on, one at a time, each with the number of lines before the next. */
export function nodesFrom(path: string, lines: readonly Line[], at: number): Iterable<ReadNode> {
  return new Reader(path).nodes(lines, at);
}

export interface ReadNode {
  readonly node: Node;
  readonly next: number;
}

/** The rest of a section that another file opened: up to its `%end`, the next header, or the end of the lines. */
export function restOfSection(path: string, lines: readonly Line[], at: number): SectionRest {
  return new Reader(path).restOfSection(lines, at);
}

export interface SectionRest {
  readonly body: readonly (Text | Include)[];
  readonly end: Line | undefined;
  /** The number of lines before the one that follows it. */
  readonly next: number;
}

/** Reads a file that is included inside a section. */
export function parseBody(path: string, text: string): BodyFile {
  const reader = new Reader(path);
  const body = reader.body(splitLines(text.startsWith(BOM) ? text.slice(1) : text));
  return { path, body, diagnostics: reader.diagnostics };
}

class Reader {
  readonly diagnostics: Diagnostic[] = [];
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
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

  #node(line: Line, lines: readonly Line[], next: number): ReadNode {
    const trimmed = line.text.trim();
    if (trimmed === '') return { node: { kind: 'blank', line }, next };
    if (trimmed.startsWith('#')) return { node: { kind: 'comment', line }, next };
    if (sectionWord(line) === undefined) return { node: this.#command(line), next };
    switch (keyword(line)) {
      case '%include':
        return { node: this.#include(line), next };
      case '%end':
        this.#reportKeyword('KS_STRAY_END', line);
        return { node: { kind: 'stray-end', line }, next };
      case '%ksappend':
        this.#reportKeyword('KS_IGNORED_LINE', line);
        return { node: { kind: 'command', line, words: [] }, next };
      default:
        return this.#section(line, lines, next);
    }
  }

  body(lines: readonly Line[]): (Text | Include)[] {
    return lines.map((line) => {
      const word = keyword(line);
      if (word === '%include') return this.#include(line);
      if (word === '%end') this.#reportKeyword('KS_STRAY_END', line);
      else if (word !== undefined && KNOWN.has(word)) this.#reportKeyword('KS_SECTION_NOT_ENDED', line);
      return { kind: 'text', line };
    });
  }

  /** The section whose header is the line before `at`: up to its `%end`, the next header, or the end of the file. */
  #section(header: Line, lines: readonly Line[], at: number): { node: Section; next: number } {
    const name = sectionWord(header) ?? '';
    const known = KNOWN.has(name);
    if (!known) this.#reportKeyword('KS_UNKNOWN_SECTION', header);
    const words = withoutComment(header, this.#words(header, { comments: false }));
    const { body, end, next } = this.restOfSection(lines, at);
    if (end === undefined) this.#reportKeyword('KS_SECTION_NOT_ENDED', header);
    return { node: { kind: 'section', name, known, header, words: words.slice(1), body, end }, next };
  }

  restOfSection(lines: readonly Line[], at: number): SectionRest {
    const body: (Text | Include)[] = [];
    let end: Line | undefined;
    let next = at;
    for (let line = lines[next]; line !== undefined && end === undefined; next += 1, line = lines[next]) {
      const word = keyword(line);
      if (word === '%end') end = line;
      else if (word === '%include') body.push(this.#include(line));
      else if (word !== undefined && KNOWN.has(word)) break;
      else body.push({ kind: 'text', line });
    }
    return { body, end, next };
  }

  #command(line: Line): CommandLine {
    return { kind: 'command', line, words: this.#words(line, { comments: true }) };
  }

  #include(line: Line): Include {
    const target = this.#words(line, { comments: true })[1];
    if (target === undefined) this.#reportKeyword('KS_INCLUDE_WITHOUT_PATH', line);
    return { kind: 'include', line, target };
  }

  #words(line: Line, options: { comments: boolean }): CommandLine['words'] {
    const { words, problems } = splitWords(line.text, options);
    for (const problem of problems) this.#reportWord(problem, line);
    return problems.some((p) => p.code !== 'KS_COMMENT_IN_WORD') ? [] : words;
  }

  #reportWord(problem: WordProblem, line: Line): void {
    this.report(problem.code, line, problem.start, problem.end);
  }

  #reportKeyword(code: ReadingCode, line: Line): void {
    const start = line.text.length - line.text.trimStart().length;
    this.report(code, line, start, start + (keyword(line)?.length ?? 1));
  }

  report(code: ReadingCode, line: Line, start: number, end: number): void {
    const { severity, message, hint } = EXPLANATIONS[code](line.text.slice(start, end));
    const at = { path: this.#path, line: line.number, column: start + 1 };
    this.diagnostics.push({ code, severity, message, hint, at, length: Math.max(1, end - start), includedFrom: [] });
  }
}

/** Headers are split without comments, so that a # inside a word stays; one that starts a word still is a comment. */
function withoutComment(line: Line, words: readonly Word[]): readonly Word[] {
  const comment = words.findIndex((word) => line.text[word.start] === '#');
  return comment < 0 ? words : words.slice(0, comment);
}

/** `%word` at the start of a line, after blanks; otherwise `undefined`. */
function keyword(line: Line): string | undefined {
  if (!line.text.includes('%')) return undefined;
  return /^\s*(%\S*)/.exec(line.text)?.[1];
}

/** The first word, if it starts with a percent sign: it may be quoted. */
function sectionWord(line: Line): string | undefined {
  const plain = keyword(line);
  if (plain !== undefined || !/^\s*["'\\]["']?%/.test(line.text)) return plain;
  const first = splitWords(line.text).words[0]?.value;
  return first?.startsWith('%') ? first : undefined;
}

type ReadingCode = Extract<
  DiagnosticCode,
  | WordProblem['code']
  | 'KS_BYTE_ORDER_MARK'
  | 'KS_UNKNOWN_SECTION'
  | 'KS_SECTION_NOT_ENDED'
  | 'KS_STRAY_END'
  | 'KS_IGNORED_LINE'
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
    message: `${text} is ignored, and so is what it names`,
    hint: 'use %include',
  }),
  KS_INCLUDE_WITHOUT_PATH: () => ({
    severity: 'error',
    message: '%include without a path',
    hint: 'name the file to include',
  }),
};
