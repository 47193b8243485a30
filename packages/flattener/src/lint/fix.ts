import type { Diagnostic } from '../diagnostics.ts';
import { type IncludeOptions, includeCandidates } from '../include.ts';
import { type ReadFile, splitLines } from '../source.ts';
import type { LintFinding } from './finding.ts';
import type { Fix } from './rule.ts';

/** The fix for what the flattener itself warns of, where that is safe. */
export function fixOf({ code, at, length }: Diagnostic, options: IncludeOptions): Fix | undefined {
  const { path, line, column } = at;
  const replaced = { path, line, from: column, to: column + length };
  if (code === 'KS_BYTE_ORDER_MARK') return { ...replaced, insert: '' };
  if (code !== 'KS_IGNORED_LINE') return undefined;
  const text = splitLines(options.readFile(path) ?? '')[line - 1]?.text ?? '';
  const target = /^\s*%ksappend\s+(\S+)/.exec(text)?.[1];
  // What is at a URL has to be fetched first, and a file that does not exist would be an error as an %include.
  if (target === undefined || target.includes('://')) return undefined;
  const exists = includeCandidates(target, path, options.includePaths).some(
    (candidate) => options.readFile(candidate) !== undefined,
  );
  return exists ? { ...replaced, insert: '%include' } : undefined;
}

/** The new texts of the files that the fixes of findings change, by path. Of overlapping fixes the first is applied. */
export function applyFixes(findings: readonly LintFinding[], readFile: ReadFile): Map<string, string> {
  const fixes = findings.flatMap(({ fix }) => (fix ? [fix] : []));
  const changed = new Map<string, string>();
  for (const path of new Set(fixes.map((fix) => fix.path))) {
    const lines = splitLines(readFile(path) ?? '').map(({ text, eol }) => ({ text, eol }));
    const mine = fixes.filter((fix) => fix.path === path).toSorted((a, b) => a.line - b.line || b.from - a.from);
    let before = { line: 0, from: 0 };
    for (const fix of mine) {
      const line = lines[fix.line - 1];
      const overlaps = before.line === fix.line && fix.to > before.from;
      if (line === undefined || overlaps) continue;
      line.text = (line.text.slice(0, fix.from - 1) + fix.insert + line.text.slice(fix.to - 1)).trimEnd();
      before = fix;
    }
    const text = lines.map((line) => line.text + line.eol).join('');
    if (text !== readFile(path)) changed.set(path, text);
  }
  return changed;
}
