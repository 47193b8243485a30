import {
  type KickstartFile,
  KickstartError,
  type Line,
  type Node,
  type Section,
  flatten,
  parse,
  splitLines,
} from '@phyllome/flattener';
import type { TextEdit } from 'vscode-languageserver/node';

/**
 * Layout: one blank between words, no indentation of commands, no blanks at the ends of lines, at most one empty line in a
 * row, and one around sections. Scripts, certificates and the like stay as they are, to the byte, and so does every line
 * that would mean something else.
 *
 * @returns the edits; none where the whole would mean something else, which the flattener decides
 */
export function formatEdits(file: KickstartFile, text: string, release: string): TextEdit[] {
  const edits = layoutEdits(file, release);
  const after = applyLineEdits(text, edits);
  return meaningOf(text, release) === meaningOf(after, release) ? edits.map(toTextEdit) : [];
}

/** What a kickstart alone means, without its includes: its flat text, or why there is none. */
export function meaningOf(text: string, release: string): string {
  try {
    // Includes are left in: whatever they hold stays where it was.
    const includes = splitLines(text).flatMap(
      (line) => /^\s*%(?:include|ksappend)\s+(?<path>\S+)/.exec(line.text)?.groups?.['path'] ?? [],
    );
    return flatten('file', {
      readFile: (path) => (path === 'file' ? text : undefined),
      release,
      keepIncludes: includes,
    }).text;
  } catch (error) {
    if (!(error instanceof KickstartError)) throw error;
    return error.diagnostics.map(({ code, message }) => `${code} ${message}`).join('\n');
  }
}

/** A line as it becomes; `undefined` goes away. */
interface LineEdit {
  readonly line: Line;
  readonly becomes: string | undefined;
  /** An empty line comes before it. */
  readonly opens: boolean;
}

/** What a line is to the one that follows it. */
type Before = 'start' | 'blank' | 'comment' | 'line' | 'end';

function layoutEdits(file: KickstartFile, release: string): LineEdit[] {
  const edits: LineEdit[] = [];
  /** What the line before is, of those that stay. */
  let before: Before = 'start';
  for (const node of file.nodes) {
    if (node.kind === 'blank') {
      const isKept: boolean = before !== 'blank' && before !== 'start';
      edits.push({ line: node.line, becomes: isKept ? '' : undefined, opens: false });
      before = isKept ? 'blank' : before;
      continue;
    }
    const isApart = before === 'end' || (node.kind === 'section' && before === 'line');
    const line = node.kind === 'section' ? node.header : node.line;
    edits.push({ line, becomes: ownLine(node, line, release), opens: isApart });
    if (node.kind === 'section') edits.push(...bodyEdits(node));
    before = node.kind === 'section' ? 'end' : node.kind === 'comment' ? 'comment' : 'line';
  }
  return edits.filter(({ line, becomes, opens }) => opens || becomes !== line.text);
}

function ownLine(node: Node, line: Line, release: string): string {
  const { text } = line;
  // What looks like a blank and is none keeps its place: the engine warns of it.
  if (/[^\S \t]/.test(text)) return text;
  if (node.kind === 'comment' || node.kind === 'stray-end') return text.trimEnd();
  const laidOut = spaced(text);
  const close = node.kind === 'section' ? '\n%end\n' : '\n';
  return laidOut === text || meaningOf(text + close, release) === meaningOf(laidOut + close, release) ? laidOut : text;
}

/** One blank between the words of a line, as far as they can be separated. */
function spaced(text: string): string {
  const pieces = text.match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\#])+|#.*$|["'\\].*$/g) ?? [];
  return pieces.join(' ').trimEnd();
}

function bodyEdits({ name, body, end }: Section): LineEdit[] {
  const edits: LineEdit[] = [];
  const ending = end === undefined ? [] : [{ line: end, becomes: trimmed(end.text), opens: false }];
  if (name !== '%packages') return ending;
  let isAfterBlank = true;
  for (const { kind, line } of body) {
    const becomes = kind === 'include' ? spaced(line.text) : trimmed(line.text);
    const isBlank = becomes === '';
    edits.push({ line, becomes: isBlank && isAfterBlank ? undefined : becomes, opens: false });
    isAfterBlank = isBlank;
  }
  return [...edits, ...ending];
}

function trimmed(text: string): string {
  return /[^\S \t]/.test(text) ? text : text.trim();
}

function applyLineEdits(text: string, edits: readonly LineEdit[]): string {
  const byLine = new Map(edits.map((edit) => [edit.line.number, edit]));
  return splitLines(text)
    .map((line) => {
      const edit = byLine.get(line.number);
      if (edit === undefined) return line.text + line.eol;
      if (edit.becomes === undefined) return '';
      return (edit.opens ? line.eol || '\n' : '') + edit.becomes + line.eol;
    })
    .join('');
}

function toTextEdit({ line, becomes, opens }: LineEdit): TextEdit {
  const at = line.number - 1;
  const start = { line: at, character: 0 };
  const end = becomes === undefined ? { line: at + 1, character: 0 } : { line: at, character: line.text.length };
  return { range: { start, end }, newText: becomes === undefined ? '' : (opens ? line.eol || '\n' : '') + becomes };
}

/** A kickstart as it is laid out: for tests, and for those who have the text alone. */
export function format(text: string, release: string): string {
  const file = parse('file', text);
  const edits = layoutEdits(file, release);
  const after = applyLineEdits(text, edits);
  return meaningOf(text, release) === meaningOf(after, release) ? after : text;
}
