import type { Diagnostic } from './diagnostics.ts';
import { type Line, type ReadFile, UnreadableFile, describe, splitLines } from './source.ts';

/**
 * A diagnostic as a person wants to read it: the place, the line with the culprit underlined, the `%include` chain,
 * and what to do.
 *
 * @param sources reads the files again; a file that is gone only costs the picture.
 */
export function renderDiagnostic(
  diagnostic: Omit<Diagnostic, 'code' | 'severity'> & { code: string; severity: string },
  sources: ReadFile,
): string {
  const { at, code, severity, message, hint } = diagnostic;
  const out = [`${severity}[${code}] ${describe(at)}`];
  const text = textOf(at.path, sources);
  const line = text === undefined ? undefined : linesOf(text)[at.line - 1]?.text;
  if (line === undefined) {
    out.push(`  ${message}`);
  } else {
    const gutter = String(at.line);
    const room = Math.max(1, line.length - (at.column - 1));
    // Tabs stay tabs, so that the marks stand under the characters they mean.
    const indent = line.slice(0, at.column - 1).replace(/[^\t]/g, ' ');
    out.push(`  ${gutter} | ${line}`);
    out.push(`  ${' '.repeat(gutter.length)} | ${indent}${'~'.repeat(Math.min(diagnostic.length, room))} ${message}`);
  }
  for (const from of diagnostic.includedFrom) out.push(`  included from ${describe(from)}`);
  if (hint !== '') out.push(`  hint: ${hint}`);
  return out.join('\n');
}

/** Most diagnostics are of the file that the one before was of. */
let last: { text: string; lines: Line[] } | undefined;

function linesOf(text: string): Line[] {
  if (last?.text !== text) last = { text, lines: splitLines(text) };
  return last.lines;
}

function textOf(path: string, sources: ReadFile): string | undefined {
  try {
    return sources(path);
  } catch (error) {
    if (error instanceof UnreadableFile) return undefined;
    throw error;
  }
}
