import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Position, UnreadableFile, splitLines } from '@phyllome/flattener';
import { type LintFinding, applyFixes, lint } from '@phyllome/flattener/lint';
import { ExplainedError } from '@phyllome/host/errors';
import {
  type Diagnostic,
  type DiagnosticRelatedInformation,
  DiagnosticSeverity,
  DiagnosticTag,
  type TextEdit,
} from 'vscode-languageserver/node';
import type { Kickstarts } from './kickstarts.ts';
import type { Uris } from './uris.ts';

/** A finding in a file that is open. */
export interface FileFinding extends LintFinding {
  /** The finding is about an include, and this is the error that it leads to. */
  readonly cause?: Position;
}

/**
 * What is wrong with a file, in all kickstarts that it is a part of: what `phyllome lint` finds without shellcheck, which
 * is for the editor's own shell support. An include that leads to an error is one itself.
 *
 * @param signal the text has changed: between two kickstarts, it gives up
 * @throws the signal's reason
 */
export async function findingsOf(kickstarts: Kickstarts, path: string, signal: AbortSignal): Promise<FileFinding[]> {
  const byPlace = new Map<string, FileFinding & { leaves: string[] }>();
  for (const root of kickstarts.rootsOf(path)) {
    for (const finding of await lintOne(kickstarts, root)) {
      for (const local of inFile(finding, path)) {
        const { line, column } = local.at;
        const key = `${line}:${column} ${local.code} ${local.message}`;
        const known = byPlace.get(key);
        if (known === undefined) byPlace.set(key, { ...local, leaves: [...local.leaves] });
        else known.leaves.push(...local.leaves.filter((leaf) => !known.leaves.includes(leaf)));
      }
    }
    await nextTurn();
    signal.throwIfAborted();
  }
  return [...byPlace.values()].toSorted((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
}

/** What keeps a kickstart from being checked at all, as a configuration that is wrong, is a finding, too. */
async function lintOne(kickstarts: Kickstarts, root: string): Promise<LintFinding[]> {
  try {
    return await lint({ ...kickstarts.options(root), leaves: [await kickstarts.lintLeaf(root)] });
  } catch (error) {
    if (!(error instanceof ExplainedError) && !(error instanceof UnreadableFile)) throw error;
    const { code, message, hint } = error;
    const at = { path: root, line: 1, column: 1 };
    return [{ code, severity: 'error', message, hint, at, length: 1, includedFrom: [], leaves: [root] }];
  }
}

/** A finding as a file sees it: its own, or an error behind one of its includes. */
function inFile(finding: LintFinding, path: string): FileFinding[] {
  if (finding.at.path === path) return [finding];
  const include = finding.includedFrom.find((from) => from.path === path);
  if (include === undefined || finding.severity !== 'error') return [];
  const { at, message } = finding;
  const there = `${at.path}:${at.line}: ${message}`;
  const own = finding.includedFrom.slice(finding.includedFrom.indexOf(include) + 1);
  const length = '%include'.length;
  return [{ ...finding, message: there, at: include, length, includedFrom: own, fix: undefined, cause: at }];
}

const SEVERITIES = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
} as const;

/** A finding as editors show it. */
export function toDiagnostic(finding: FileFinding, uris: Uris): Diagnostic {
  const { at, length, code, severity, message, hint, includedFrom, leaves, cause } = finding;
  const start = { line: at.line - 1, character: at.column - 1 };
  const related = [
    ...(cause === undefined ? [] : [relatedTo(cause, 'the error', uris)]),
    ...includedFrom.map((from) => relatedTo(from, 'included from here', uris)),
  ];
  const rest = leaves.length > 1 ? `\nin ${leaves.length} leaves` : '';
  return {
    range: { start, end: { line: start.line, character: start.character + length } },
    severity: SEVERITIES[severity],
    code,
    source: 'kickstart',
    message: `${message}${hint === '' ? '' : `\nhint: ${hint}`}${rest}`,
    ...(code.startsWith('KS_DEPRECATED') ? { tags: [DiagnosticTag.Deprecated] } : {}),
    ...(related.length > 0 ? { relatedInformation: related } : {}),
  };
}

function relatedTo(at: Position, message: string, uris: Uris): DiagnosticRelatedInformation {
  const place = { line: at.line - 1, character: at.column - 1 };
  return { location: { uri: uris.of(at.path), range: { start: place, end: place } }, message };
}

/** The edits that apply the fixes of findings in a file, a line each; empty when there is none. */
export function fixEdits(findings: readonly LintFinding[], path: string, text: string): TextEdit[] {
  const fixed = applyFixes(findings, (other) => (other === path ? text : undefined)).get(path);
  if (fixed === undefined) return [];
  const [before, after] = [splitLines(text), splitLines(fixed)];
  return before.flatMap((line, at): TextEdit[] => {
    const now = after[at]?.text ?? '';
    if (line.text === now) return [];
    const range = { start: { line: at, character: 0 }, end: { line: at, character: line.text.length } };
    return [{ range, newText: now }];
  });
}

/** Whether a place is inside of what an editor asks about. */
export function isWithin(at: Position, length: number, range: Diagnostic['range']): boolean {
  const line = at.line - 1;
  if (line < range.start.line || line > range.end.line) return false;
  const [from, to] = [at.column - 1, at.column - 1 + length];
  return (
    (line > range.start.line || to >= range.start.character) && (line < range.end.line || from <= range.end.character)
  );
}
