import { safeLine } from '@phyllome/host/terminal';
import type { Diagnostic } from './diagnostics.ts';
import { type Line, type ReadFile, UnreadableFile, describe, splitLines } from './source.ts';

/** More of a line than this is not shown: some lines are a megabyte. */
const LONGEST_LINE = 160;
/** How much of a long line is shown before the culprit. */
const BEFORE = 60;
/** More of a message than this says nothing more: it quotes the file. */
const LONGEST_MESSAGE = 400;

/**
 * A diagnostic as a person wants to read it: the place, the line with the culprit underlined, the `%include` chain,
 * and what to do. Whatever it quotes of the file is made safe for a terminal, and short.
 *
 * @param sources reads the files again; a file that is gone only costs the picture.
 */
export function renderDiagnostic(
  diagnostic: Omit<Diagnostic, 'code' | 'severity'> & { code: string; severity: string },
  sources: ReadFile,
): string {
  const { at, code, severity, hint } = diagnostic;
  const message = short(diagnostic.message);
  const out = [`${severity}[${code}] ${safeLine(describe(at))}`];
  const line = linesOf(at.path, sources)?.[at.line - 1]?.text;
  if (line === undefined) {
    out.push(`  ${message}`);
  } else {
    const gutter = String(at.line);
    const { shown, indent, marks } = picture(line, at.column, diagnostic.length);
    out.push(`  ${gutter} | ${shown}`);
    out.push(`  ${' '.repeat(gutter.length)} | ${' '.repeat(indent)}${'~'.repeat(marks)} ${message}`);
  }
  for (const from of diagnostic.includedFrom) out.push(`  included from ${safeLine(describe(from))}`);
  if (hint !== '') out.push(`  hint: ${short(hint)}`);
  return out.join('\n');
}

/** A text that may quote a file, made safe and short. */
function short(text: string): string {
  return safeLine(text, LONGEST_MESSAGE);
}

/** A line, or the part of it around a column, and how far the marks below it stand. */
function picture(line: string, column: number, length: number): { shown: string; indent: number; marks: number } {
  const culprit = column - 1;
  const isLong = line.length > LONGEST_LINE;
  const from = isLong ? Math.max(0, culprit - BEFORE) : 0;
  const to = isLong ? from + LONGEST_LINE : line.length;
  const before = (from > 0 ? '… ' : '') + safeLine(line.slice(from, culprit));
  const marked = safeLine(line.slice(culprit, Math.min(culprit + length, to)));
  const after = safeLine(line.slice(Math.min(culprit + length, to), to)) + (to < line.length ? ' …' : '');
  return { shown: before + marked + after, indent: before.length, marks: Math.max(1, marked.length) };
}

interface Lines {
  readonly sources: ReadFile;
  readonly text: string | undefined;
  readonly lines: Line[] | undefined;
}

/**
 * What was read since the event loop's last turn, by path: thousands of diagnostics are printed in one, and to read their
 * file for each would take the square of their number. Nothing older is kept, for files are edited. A caller may make a
 * new reader for each diagnostic: what reads the same text has the same lines.
 */
let read: Map<string, Lines> | undefined;

function linesOf(path: string, sources: ReadFile): Line[] | undefined {
  if (read === undefined) queueMicrotask(() => (read = undefined));
  read ??= new Map();
  const before = read.get(path);
  if (before?.sources === sources) return before.lines;
  const text = textOf(path, sources);
  const same = before !== undefined && before.text === text;
  const lines = same ? before.lines : text === undefined ? undefined : splitLines(text);
  read.set(path, { sources, text, lines });
  return lines;
}

function textOf(path: string, sources: ReadFile): string | undefined {
  try {
    return sources(path);
  } catch (error) {
    if (error instanceof UnreadableFile) return undefined;
    throw error;
  }
}
