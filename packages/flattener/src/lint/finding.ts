import type { Diagnostic } from '../diagnostics.ts';
import type { Fix } from './rule.ts';
import type { Severity } from './config-shape.ts';

/** A diagnostic of the flattener or of a rule. */
export interface LintFinding extends Omit<Diagnostic, 'code' | 'severity'> {
  /** The id of a rule, or the code of an error that no rule can be about. */
  readonly code: string;
  readonly severity: Exclude<Severity, 'off'>;
  /** The leaves it was found in. */
  readonly leaves: readonly string[];
  readonly fix?: Fix | undefined;
}
