import { KickstartError } from '../diagnostics.ts';
import { suggest } from '../suggest.ts';
import { CATALOGUE, SEVERITIES } from './catalogue.ts';
import type { Severity } from './rule.ts';

/** What the configuration file says: the severity of rules, by their ids. */
export interface LintConfig {
  readonly severity: ReadonlyMap<string, Severity>;
}

export const DEFAULT_CONFIG: LintConfig = { severity: new Map() };

/**
 * Reads a configuration: `{ "severity": { "KSL_UNPINNED_REPO": "off" } }`.
 *
 * @param path for messages
 * @throws {KickstartError} LINT_CONFIG_INVALID when it is no JSON, or names a rule or severity that does not exist.
 */
export function readLintConfig(path: string, text: string): LintConfig {
  const fail = (message: string, hint: string): never => {
    throw new KickstartError('LINT_CONFIG_INVALID', `${path}: ${message}`, { hint, diagnostics: [] });
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    fail(`no JSON: ${error instanceof Error ? error.message : String(error)}`, 'write { "severity": {} }');
  }
  const config = asRecord(parsed) ?? fail('not an object', 'write { "severity": {} }');
  for (const key of Object.keys(config)) {
    if (key !== 'severity' && key !== '$schema') fail(`unknown key "${key}"`, 'the only key is "severity"');
  }
  const entries = Object.entries(asRecord(config['severity'] ?? {}) ?? fail('"severity" is no object', 'write {}'));
  const severity = entries.map(([id, value]): [string, Severity] => {
    if (!CATALOGUE.has(id)) {
      const near = suggest(id, [...CATALOGUE.keys()]);
      const hint = near ? `did you mean ${near}?` : 'phyllome lint --rules lists those that can be configured';
      fail(`there is no rule ${id}`, hint);
    }
    const known = SEVERITIES.find((name) => name === value);
    return [id, known ?? fail(`${id} cannot be ${JSON.stringify(value)}`, `write one of ${SEVERITIES.join(', ')}`)];
  });
  return { severity: new Map(severity) };
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value));
}
