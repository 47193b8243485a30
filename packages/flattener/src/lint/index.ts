export { CATALOGUE, type RuleDescription, SEVERITIES } from './catalogue.ts';
export { DEFAULT_CONFIG, type LintConfig, type ShellcheckLevel, readLintConfig } from './config.ts';
export { applyFixes } from './fix.ts';
export { type LintFinding, type LintOptions, lint } from './lint.ts';
export type { Finding, Fix, Rule, Severity } from './rule.ts';
export { toSarif } from './sarif.ts';
export type { CheckShell, ShellComment } from './shellcheck.ts';
export type { LintLeaf } from './subject.ts';
