import { CATALOGUE } from './catalogue.ts';
import type { LintFinding } from './lint.ts';

/** What the run wants to say beside its findings. */
export type Note = string;

/**
 * Findings as SARIF 2.1.0, which code hosts show beside the lines of a change.
 *
 * @returns to be written as JSON
 */
export function toSarif(findings: readonly LintFinding[], notes: readonly Note[] = []): object {
  const ids = [...new Set([...CATALOGUE.keys(), ...findings.map(({ code }) => code)])];
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
        results: findings.map((finding) => result(finding, ids.indexOf(finding.code))),
      },
    ],
  };
}

function describeRule(id: string): object {
  const rule = CATALOGUE.get(id);
  if (rule === undefined) return { id };
  return {
    id,
    shortDescription: { text: rule.doc },
    fullDescription: { text: `${rule.doc}: ${rule.reason}` },
    defaultConfiguration: { level: rule.severity },
  };
}

function result(finding: LintFinding, ruleIndex: number): object {
  const { at, code, severity, message, hint, length, fix, includedFrom } = finding;
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
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

function artifact(path: string): object {
  return { uri: path.split('/').map(encodeURIComponent).join('/'), uriBaseId: 'ROOT' };
}
