/**
 * What else is wrong with kickstarts that parse: rules with their reasons, fixes that change no behaviour, findings as SARIF.
 * Shell scripts are checked by a function that the caller gives, since nothing here starts a program.
 */
export { CATALOGUE, type RuleDescription } from './catalogue.ts';
export { readLintConfig } from './config.ts';
export type { LintConfig } from './config-shape.ts';
export type { ShellcheckLevel } from './config-shape.ts';
export { applyFixes } from './fix.ts';
export { type LintOptions, lint } from './lint.ts';
export { type NamedRelease, releasesNamed } from './release-in-source.ts';
export type { LintFinding } from './finding.ts';
export type { Finding, Fix, Rule } from './rule.ts';
export type { Severity } from './config-shape.ts';
export { toSarif } from './sarif.ts';
export type { CheckShell, ShellComment } from './shellcheck.ts';
export type { LintLeaf } from './rule-context.ts';
export { ZONES } from './rules/time-zones.ts';
export { UNITS } from './rules/units.ts';
