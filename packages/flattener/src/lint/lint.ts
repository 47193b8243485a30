import type { Diagnostic } from '../diagnostics.ts';
import { checkLive } from '../check-live.ts';
import type { FlattenOptions } from '../flatten.ts';
import type { Located } from '../source.ts';
import { CATALOGUE, MALFORMED, RULES, SHELL, UNUSED } from './catalogue.ts';
import { DEFAULT_CONFIG, type LintConfig } from './config.ts';
import { fixOf } from './fix.ts';
import type { Fix, Severity } from './rule.ts';
import { type CheckShell, checkScripts } from './shellcheck.ts';
import { type LintLeaf, readSubject } from './subject.ts';
import { type Suppression, readSuppressions } from './suppressions.ts';

export interface LintOptions extends FlattenOptions {
  readonly leaves: readonly LintLeaf[];
  readonly config?: LintConfig | undefined;
  /** `leaves` are all there are: a comment that suppresses nothing can then be told from one for another leaf. */
  readonly complete?: boolean | undefined;
  /** Runs shellcheck; scripts are not checked for shell problems without it. */
  readonly checkShell?: CheckShell | undefined;
}

/** A diagnostic of the flattener or of a rule. */
export interface LintFinding extends Omit<Diagnostic, 'code'> {
  /** The id of a rule, or the code of an error that no rule can be about. */
  readonly code: string;
  /** The leaves it was found in. */
  readonly leaves: readonly string[];
  readonly fix?: Fix | undefined;
}

/**
 * Everything that is wrong with leaves: what the flattener says of them, what livemedia-creator would, what the rules
 * of the catalogue and shellcheck find. A place that several leaves include is reported once.
 */
export async function lint(options: LintOptions): Promise<LintFinding[]> {
  const { leaves, config = DEFAULT_CONFIG, complete = false, checkShell } = options;
  const found = new Findings(config);
  const files = new Set<string>();
  const subjects = leaves.map((leaf) => {
    const read = readSubject(leaf, options);
    for (const file of read.files) files.add(file);
    for (const d of read.diagnostics) found.diagnostic(d, leaf, fixOf(d, options.readFile));
    // Without its file, or with half of its includes, a leaf says nothing about what it lacks.
    const isWhole = !read.diagnostics.some(({ code }) => /^KS_(?:INCLUDE|FILE)_/u.test(code));
    if (leaf.live && isWhole) for (const d of checkLive(read.subject.kickstart)) found.diagnostic(d, leaf);
    for (const rule of RULES) {
      if (found.severity(rule.id) === 'off') continue;
      for (const { where, ...finding } of rule.check(read.subject)) found.add(rule.id, where, finding, leaf);
    }
    return read.subject;
  });
  if (checkShell !== undefined && found.severity(SHELL) !== 'off') {
    for (const { leaf, where, ...finding } of await checkScripts(subjects, checkShell)) {
      found.add(SHELL, where, finding, leaf);
    }
  }
  return sort(suppress(found, [...files], options, complete));
}

class Findings {
  readonly #byPlace = new Map<string, LintFinding & { leaves: string[] }>();
  readonly #config: LintConfig;

  constructor(config: LintConfig) {
    this.#config = config;
  }

  severity(id: string): Severity {
    return this.#config.severity.get(id) ?? CATALOGUE.get(id)?.severity ?? 'error';
  }

  all(): LintFinding[] {
    return [...this.#byPlace.values()];
  }

  diagnostic(diagnostic: Diagnostic, leaf: LintLeaf, fix?: Fix): void {
    // Errors of the flattener are no matter of taste.
    const isFixed = diagnostic.severity === 'error' || !CATALOGUE.has(diagnostic.code);
    const severity = isFixed ? diagnostic.severity : this.severity(diagnostic.code);
    if (severity !== 'off') this.#keep({ ...diagnostic, severity, leaves: [leaf.path], fix });
  }

  add(
    code: string,
    { at, includedFrom }: Located,
    finding: Pick<LintFinding, 'message' | 'hint' | 'length' | 'fix'>,
    leaf: LintLeaf | undefined,
  ): void {
    const severity = this.severity(code);
    if (severity === 'off') return;
    this.#keep({ ...finding, code, severity, at, includedFrom, leaves: leaf ? [leaf.path] : [] });
  }

  #keep(finding: LintFinding): void {
    const { path, line, column } = finding.at;
    const key = `${path}:${line}:${column} ${finding.code} ${finding.message}`;
    const known = this.#byPlace.get(key);
    if (known === undefined) this.#byPlace.set(key, { ...finding, leaves: [...finding.leaves] });
    else known.leaves.push(...finding.leaves.filter((leaf) => !known.leaves.includes(leaf)));
  }
}

/** Takes out what lint comments allow, and reports comments that are wrong or allow nothing. */
function suppress(found: Findings, files: readonly string[], options: LintOptions, complete: boolean): LintFinding[] {
  const used = new Set<Suppression>();
  const read = files.map((file) => readSuppressions(file, options.readFile));
  const suppressions = read.flatMap((file) => file.suppressions);
  const kept = found.all().filter((finding) => {
    if (!CATALOGUE.has(finding.code)) return true;
    const by = suppressions.filter(
      ({ at, ids, from, to }) =>
        at.path === finding.at.path && ids.includes(finding.code) && from <= finding.at.line && finding.at.line <= to,
    );
    for (const suppression of by) used.add(suppression);
    return by.length === 0;
  });
  const own = new Findings(options.config ?? DEFAULT_CONFIG);
  for (const { malformed } of read) {
    for (const { at, ...finding } of malformed) own.add(MALFORMED, { at, includedFrom: [] }, finding, undefined);
  }
  for (const suppression of complete ? suppressions : []) {
    const { at, length, ids } = suppression;
    // What is not asked for cannot be found.
    const isAsked = ids.every(
      (id) => found.severity(id) !== 'off' && (id !== SHELL || options.checkShell !== undefined),
    );
    if (used.has(suppression) || !isAsked) continue;
    const finding = {
      message: `nothing to ignore here`,
      hint: 'remove the comment',
      length,
      fix: removal(suppression),
    };
    own.add(UNUSED, { at, includedFrom: [] }, finding, undefined);
  }
  return [...kept, ...own.all()];
}

/** Only from a comment's start to its end: an empty comment line may be a separator that is wanted. */
function removal({ at, length, ownLine }: Suppression): Fix | undefined {
  if (ownLine) return undefined;
  return { path: at.path, line: at.line, from: at.column, to: at.column + length, insert: '' };
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function sort(findings: readonly LintFinding[]): LintFinding[] {
  return findings.toSorted(
    (a, b) =>
      compare(a.at.path, b.at.path) || a.at.line - b.at.line || a.at.column - b.at.column || compare(a.code, b.code),
  );
}
