import { parseJson } from '@phyllome/host/json';
import { KickstartError } from '../diagnostics.ts';
import { suggest } from '../suggest.ts';
import { CATALOGUE, SEVERITIES } from './catalogue.ts';
import type { Severity } from './config-shape.ts';
import type { ShellcheckLevel } from './config-shape.ts';
import type { LintConfig } from './config-shape.ts';

const SHELLCHECK_LEVELS: readonly ShellcheckLevel[] = ['error', 'warning', 'info', 'style'];

export const DEFAULT_CONFIG: LintConfig = { severity: new Map(), shellcheck: 'info' };

const KEYS = ['severity', 'shellcheck', '$schema'];

/**
 * Reads a configuration: `{ "severity": { "KSL_UNPINNED_REPO": "off" }, "shellcheck": "warning" }`.
 *
 * @param path for messages
 * @throws {KickstartError} LINT_CONFIG_INVALID when it is not JSON, or names a rule or severity that does not exist.
 */
export function readLintConfig(path: string, text: string): LintConfig {
  const fail = (message: string, hint: string): never => {
    throw new KickstartError('LINT_CONFIG_INVALID', `${path}: ${message}`, { hint, diagnostics: [] });
  };
  let parsed: unknown;
  try {
    parsed = parseJson(text);
  } catch (error) {
    fail(`not JSON: ${error instanceof Error ? error.message : String(error)}`, 'write { "severity": {} }');
  }
  const config = asRecord(parsed) ?? fail('not an object', 'write { "severity": {} }');
  for (const key of Object.keys(config)) {
    if (!KEYS.includes(key)) fail(`unknown key "${key}"`, 'the keys are "severity" and "shellcheck"');
  }
  const entries = Object.entries(asRecord(config['severity'] ?? {}) ?? fail('"severity" is not an object', 'write {}'));
  const severity = entries.map(([id, value]): [string, Severity] => {
    if (!CATALOGUE.has(id)) {
      const near = suggest(id, [...CATALOGUE.keys()]);
      const hint = near ? `did you mean ${near}?` : 'phyllome lint --rules lists those that can be configured';
      fail(`there is no rule ${id}`, hint);
    }
    const known = SEVERITIES.find((name) => name === value);
    return [id, known ?? fail(`${id} cannot be ${JSON.stringify(value)}`, `write one of ${SEVERITIES.join(', ')}`)];
  });
  const level = config['shellcheck'] ?? DEFAULT_CONFIG.shellcheck;
  const shellcheck =
    SHELLCHECK_LEVELS.find((name) => name === level) ??
    fail(`"shellcheck" cannot be ${JSON.stringify(level)}`, `write one of ${SHELLCHECK_LEVELS.join(', ')}`);
  return { severity: new Map(severity), shellcheck };
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value));
}
