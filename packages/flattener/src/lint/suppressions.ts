import type { Line, Position, ReadFile } from '../source.ts';
import { splitLines } from '../source.ts';
import { suggest } from '../suggest.ts';
import { CATALOGUE } from './catalogue.ts';

/**
 * `# lint-ignore KSL_DOWNLOAD: why it does no harm here`, several ids separated by commas. At the end of a line it
 * holds for that line; on a line of its own for the next line that is neither blank nor a comment, and if that starts
 * a section, for the whole section.
 */
export interface Suppression {
  readonly at: Position;
  readonly length: number;
  readonly ids: readonly string[];
  /** First and last line it holds for. */
  readonly from: number;
  readonly to: number;
  /** The comment stands on a line of its own. */
  readonly ownLine: boolean;
}

export interface Malformed {
  readonly at: Position;
  readonly length: number;
  readonly message: string;
  readonly hint: string;
}

const COMMENT = /#\s*lint-ignore\b(.*)$/;

/** The lint comments of a file. */
export function readSuppressions(
  path: string,
  readFile: ReadFile,
): { suppressions: Suppression[]; malformed: Malformed[] } {
  const suppressions: Suppression[] = [];
  const malformed: Malformed[] = [];
  const lines = splitLines(readFile(path) ?? '');
  for (const [index, { text, number }] of lines.entries()) {
    const match = COMMENT.exec(text);
    if (match === null) continue;
    const at = { path, line: number, column: match.index + 1 };
    const length = match[0].trimEnd().length;
    const [, list = '', reason = ''] = /^\s*([^:]*):?(.*)$/.exec(match[1] ?? '') ?? [];
    const ids = list.split(',').map((id) => id.trim());
    const problem = problemOf(ids, reason.trim());
    if (problem !== undefined) {
      malformed.push({ at, length, ...problem });
      continue;
    }
    const ownLine = text.slice(0, match.index).trim() === '';
    const [from, to] = ownLine ? [number, scope(lines, index)] : [number, number];
    suppressions.push({ at, length, ids, from, to, ownLine });
  }
  return { suppressions, malformed };
}

function problemOf(ids: readonly string[], reason: string): { message: string; hint: string } | undefined {
  const form = 'write # lint-ignore RULE: reason';
  for (const id of ids) {
    if (id === '') return { message: 'this lint-ignore names no rule', hint: form };
    if (CATALOGUE.has(id)) continue;
    const near = suggest(id, [...CATALOGUE.keys()]);
    const hint = near ? `did you mean ${near}?` : 'phyllome lint --rules lists those that can be suppressed';
    return { message: `there is no rule ${id}`, hint };
  }
  return reason === '' ? { message: 'this lint-ignore gives no reason', hint: form } : undefined;
}

/** The last line that a comment on a line of its own holds for. */
function scope(lines: readonly Line[], comment: number): number {
  let at = comment + 1;
  while (at < lines.length && /^\s*(#|$)/.test(lines[at]?.text ?? '')) at += 1;
  const starts = lines[at];
  if (starts === undefined) return comment + 1;
  if (!/^\s*%(?!include\b|end\b)/.test(starts.text)) return starts.number;
  const end = lines.slice(at).find(({ text }) => /^\s*%end\b/.test(text));
  return (end ?? starts).number;
}
