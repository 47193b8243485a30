import { firstVisible, strip } from './blanks.ts';

/**
 * Reads a file as text; `undefined` when there is no such file. The flattener itself does no input or output.
 *
 * @throws {UnreadableFile} when there is something of that name, and it is not to be read.
 */
export type ReadFile = (path: string) => string | undefined;

/** What is at a path is not to be read: a device, a file too large, one outside of where kickstarts may be. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';
  readonly code = 'KS_FILE_UNREADABLE';
  /** Why, in the words of a sentence that begins with the path, without anything of the file's text. */
  readonly problem: string;
  /** What to do next. */
  readonly hint: string;

  constructor(path: string, problem: string, hint: string) {
    super(`${path} ${problem}`);
    this.problem = problem;
    this.hint = hint;
  }
}

/** The names of the files in a directory; `undefined` when there is no such directory. Only used for suggestions. */
export type ReadDirectory = (path: string) => readonly string[] | undefined;

/** A place in a kickstart file; line and column count from 1, the column in UTF-16 units. */
export interface Position {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** A position, and the `%include` lines that led to it, nearest first. */
export interface Located {
  readonly at: Position;
  readonly includedFrom: readonly Position[];
}

/** One line as it stands in its file: `text + eol` are its exact characters, but for `written`. */
export interface Line {
  readonly number: number;
  readonly text: string;
  /** LF, CRLF or CR; empty on a last line without one. */
  readonly eol: string;
  /** Its exact characters, where `text` has blanks for some of them. */
  readonly written?: string;
}

/** Splits at LF, CRLF and lone CR. Joining `text + eol` of the result gives the input back. */
export function splitLines(text: string): Line[] {
  return text.includes('\r') ? splitAt(text, /\r\n|\n|\r/g) : splitAtNewlines(text);
}

/** Where Python's `str.splitlines` ends lines, besides LF. */
const ODD_ENDS = String.raw`[\r\v\f\u001C-\u001E\u0085\u2028\u2029]`;
const ODD_END = new RegExp(ODD_ENDS);

/** What a line holds from the first character on that would end it for Python; -1: nothing does. */
export function oddEnd(text: string): number {
  return text.search(ODD_END);
}

/**
 * The line, with blanks for what ends it for Python before its first word or after its last: there it only makes empty
 * lines. As long as before, so that columns stay.
 */
export function withBlankEdges(line: Line): Line {
  if (!ODD_END.test(line.text)) return line;
  const written = line.text;
  const first = firstVisible(written);
  const last = first + strip(written).length;
  const lead = written.slice(0, first).split(ODD_END).at(-1) ?? '';
  const [trail = ''] = written.slice(last).split(ODD_END, 1);
  const text = (lead + written.slice(first, last)).padStart(last) + trail;
  return { ...line, text: text.padEnd(written.length), written };
}

/** Splits as Python's `str.splitlines`. */
export function splitPythonLines(text: string): Line[] {
  if (!ODD_END.test(text)) return splitAtNewlines(text);
  return splitAt(text, new RegExp(String.raw`\r\n|\n|${ODD_ENDS}`, 'g'));
}

/** Splits at whatever `ends`, a global expression, matches. */
function splitAt(text: string, ends: RegExp): Line[] {
  const lines: Line[] = [];
  let start = 0;
  for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
    lines.push({ number: lines.length + 1, text: text.slice(start, end.index), eol: end[0] });
    start = ends.lastIndex;
  }
  if (start < text.length) lines.push({ number: lines.length + 1, text: text.slice(start), eol: '' });
  return lines;
}

/** The usual case, several times faster. */
function splitAtNewlines(text: string): Line[] {
  const lines: Line[] = [];
  let start = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
    lines.push({ number: lines.length + 1, text: text.slice(start, end), eol: '\n' });
    start = end + 1;
  }
  if (start < text.length) lines.push({ number: lines.length + 1, text: text.slice(start), eol: '' });
  return lines;
}

export function describe(at: Position): string {
  return `${at.path}:${at.line}:${at.column}`;
}
