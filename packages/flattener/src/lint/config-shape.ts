/** How much a finding weighs: `info` never fails a run, `warning` only a strict one. A rule that is `off` does not run. */
export type Severity = 'error' | 'warning' | 'info' | 'off';

/** The content of a configuration file. */
export interface LintConfig {
  /** The severity of rules, by their ids. */
  readonly severity: ReadonlyMap<string, Severity>;
  readonly shellcheck: ShellcheckLevel;
}

/** The lowest level of shellcheck's comments that is reported. */
export type ShellcheckLevel = 'error' | 'warning' | 'info' | 'style';
