import { createHash } from 'node:crypto';

import { type ReadFile, splitLines } from '../source.ts';
import { CATALOGUE } from './catalogue.ts';
import type { LintFinding } from './finding.ts';

/**
 * Findings as SARIF 2.1.0, which code hosts show beside the lines of a change.
 *
 * @param readFile the files of the findings: a finding keeps its fingerprint when its line moves
 * @param notes about the run rather than the kickstarts
 * @returns to be written as JSON
 */
export function toSarif(findings: readonly LintFinding[], readFile: ReadFile, notes: readonly string[] = []): object {
  const fingerprints = fingerprintsOf(findings, readFile);
  const ids = [...new Set([...CATALOGUE.keys(), ...findings.map(({ code }) => code)])];
  const ruleIndexes = new Map(ids.map((id, index) => [id, index]));
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'phyllome lint', rules: ids.map(describeRule) } },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { ROOT: { description: { text: 'The folder that leaves/ is in' } } },
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: notes.map((text) => ({ level: 'note', message: { text } })),
          },
        ],
        results: findings.map((finding, index) => ({
          ...result(finding, ruleIndexes.get(finding.code) ?? -1),
          partialFingerprints: { 'phyllomeLint/v1': fingerprints[index] },
        })),
      },
    ],
  };
}

/**
 * One for each finding, of its rule, its file, the text of its line and the number of equal ones above it: it stays the
 * same when the line moves, and changes when the line does. Messages are left out, as some name other lines.
 */
function fingerprintsOf(findings: readonly LintFinding[], readFile: ReadFile): string[] {
  const lines = new Map<string, readonly string[]>();
  const seen = new Map<string, number>();
  return findings.map(({ code, at }) => {
    const texts = lines.get(at.path) ?? splitLines(readFile(at.path) ?? '').map(({ text }) => text.trim());
    lines.set(at.path, texts);
    const identity = JSON.stringify([code, at.path, texts[at.line - 1] ?? '']);
    const number = seen.get(identity) ?? 0;
    seen.set(identity, number + 1);
    return createHash('sha256').update(`${identity} ${number}`).digest('hex').slice(0, 32);
  });
}

function describeRule(id: string): object {
  const rule = CATALOGUE.get(id);
  if (rule === undefined) return { id };
  return {
    id,
    shortDescription: { text: rule.doc },
    fullDescription: { text: `${rule.doc}: ${rule.reason}` },
    defaultConfiguration: { level: levelOf(rule.severity) },
  };
}

function result(finding: LintFinding, ruleIndex: number): object {
  const { at, code, severity, message, hint, length, fix, includedFrom } = finding;
  return {
    ruleId: code,
    ruleIndex,
    level: levelOf(severity),
    message: { text: hint === '' ? message : `${message} (${hint})` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: artifact(at.path),
          region: { startLine: at.line, startColumn: at.column, endColumn: at.column + length },
        },
      },
    ],
    ...(includedFrom.length > 0 && {
      relatedLocations: includedFrom.map(({ path, line, column }) => ({
        message: { text: 'included from here' },
        physicalLocation: {
          artifactLocation: artifact(path),
          region: { startLine: line, startColumn: column },
        },
      })),
    }),
    ...(fix && {
      fixes: [
        {
          description: { text: hint },
          artifactChanges: [
            {
              artifactLocation: artifact(fix.path),
              replacements: [
                {
                  deletedRegion: { startLine: fix.line, startColumn: fix.from, endLine: fix.line, endColumn: fix.to },
                  insertedContent: { text: fix.insert },
                },
              ],
            },
          ],
        },
      ],
    }),
  };
}

/** SARIF has notes where shellcheck has info. */
function levelOf(severity: LintFinding['severity']): string {
  return severity === 'info' ? 'note' : severity;
}

function artifact(path: string): object {
  return { uri: path.split('/').map(encodeURIComponent).join('/'), uriBaseId: 'ROOT' };
}
