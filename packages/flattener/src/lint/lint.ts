import { checkLive } from '../check-live.ts';
import type { Diagnostic } from '../diagnostics.ts';
import type { FlattenOptions } from '../flatten.ts';
import type { Located } from '../source.ts';
import { CATALOGUE, MALFORMED, RULES, SHELL, UNUSED } from './catalogue.ts';
import { DEFAULT_CONFIG } from './config.ts';
import type { LintConfig } from './config-shape.ts';
import { fixOf } from './fix.ts';
import type { Fix } from './rule.ts';
import type { Severity } from './config-shape.ts';
import { type CheckShell, checkScripts } from './shellcheck.ts';
import { type LintLeaf, type Read, readRuleContext } from './rule-context.ts';
import { type Suppression, readSuppressions } from './suppressions.ts';
import type { LintFinding } from './finding.ts';

export interface LintOptions extends FlattenOptions {
  readonly leaves: readonly LintLeaf[];
  /** For leaves without a configuration of their own. */
  readonly config?: LintConfig | undefined;
  /** `leaves` are all there are: only then is a comment that suppresses nothing known to be unused. */
  readonly complete?: boolean | undefined;
  /** Runs shellcheck; scripts are not checked for shell problems without it. */
  readonly checkShell?: CheckShell | undefined;
}

/**
 * Everything that is wrong with leaves: what the flattener reports, what livemedia-creator would refuse, what the rules
 * of the catalogue and shellcheck find. A place that several leaves include is reported once.
 *
 * @returns in the order of paths, lines and columns
 */
export async function lint(options: LintOptions): Promise<LintFinding[]> {
  const { leaves, config = DEFAULT_CONFIG, complete = false, checkShell } = options;
  const found = new Findings(config);
  /** Each file, and the first leaf that includes it. */
  const files = new Map<string, LintLeaf>();
  const subjects = leaves.map((leaf) => {
    const read = readRuleContext(leaf, options);
    for (const file of read.files) if (!files.has(file)) files.set(file, leaf);
    lintLeaf(leaf, read, found, options);
    return read.context;
  });
  if (checkShell !== undefined) {
    const checked = subjects.filter((context) => found.severity(SHELL, context) !== 'off');
    for (const { leaf, level, ...finding } of await checkScripts(checked, checkShell)) {
      if (!isBelow(level, leaf.config ?? config)) found.add(SHELL, finding, leaf, SEVERITY_OF_LEVEL[level]);
    }
  }
  return sort(suppress(found, files, options, complete));
}

function lintLeaf(leaf: LintLeaf, { context, diagnostics }: Read, found: Findings, options: LintOptions): void {
  for (const diagnostic of diagnostics) found.diagnostic(diagnostic, leaf, fixOf(diagnostic, options));
  // With its file or an include missing, a leaf cannot be checked for what it lacks.
  const isWhole = !diagnostics.some(({ code }) => /^KS_(?:INCLUDE|FILE)_/u.test(code));
  if (leaf.live && isWhole) for (const diagnostic of checkLive(context.kickstart)) found.diagnostic(diagnostic, leaf);
  for (const rule of RULES) {
    if (found.severity(rule.id, leaf) === 'off') continue;
    for (const finding of rule.check(context)) found.add(rule.id, finding, leaf);
  }
}

/** The levels of shellcheck, the least first. */
const LEVELS = ['style', 'info', 'warning', 'error'] as const;
const SEVERITY_OF_LEVEL = { style: 'info', info: 'info', warning: 'warning', error: 'error' } as const;

function isBelow(level: (typeof LEVELS)[number], { shellcheck }: LintConfig): boolean {
  return LEVELS.indexOf(level) < LEVELS.indexOf(shellcheck);
}

/** What a rule or shellcheck found, where. */
interface Found extends Pick<LintFinding, 'message' | 'hint' | 'length' | 'fix'> {
  readonly where: Located;
}

class Findings {
  readonly #byPlace = new Map<string, LintFinding & { leaves: string[] }>();
  readonly #config: LintConfig;

  constructor(config: LintConfig) {
    this.#config = config;
  }

  /** @param usual unless the configuration says otherwise; that of the rule when left out */
  severity(id: string, leaf: Pick<LintLeaf, 'config'> | undefined, usual?: Severity): Severity {
    const { severity } = leaf?.config ?? this.#config;
    return severity.get(id) ?? usual ?? CATALOGUE.get(id)?.severity ?? 'error';
  }

  all(): LintFinding[] {
    return [...this.#byPlace.values()];
  }

  diagnostic(diagnostic: Diagnostic, leaf: LintLeaf, fix?: Fix): void {
    // The severity of the flattener's errors is fixed.
    const isFixed = diagnostic.severity === 'error' || !CATALOGUE.has(diagnostic.code);
    const severity = isFixed ? diagnostic.severity : this.severity(diagnostic.code, leaf);
    if (severity !== 'off') this.#keep({ ...diagnostic, severity, leaves: [leaf.path], fix });
  }

  add(code: string, { where, ...finding }: Found, leaf: LintLeaf | undefined, usual?: Severity): void {
    const severity = this.severity(code, leaf, usual);
    const { at, includedFrom } = where;
    if (severity !== 'off') {
      this.#keep({ ...finding, code, severity, at, includedFrom, leaves: leaf ? [leaf.path] : [] });
    }
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
function suppress(
  found: Findings,
  files: ReadonlyMap<string, LintLeaf>,
  options: LintOptions,
  complete: boolean,
): LintFinding[] {
  const used = new Set<Suppression>();
  const read = [...files.keys()].map((file) => readSuppressions(file, options.readFile));
  const suppressions = read.flatMap((file) => file.suppressions);
  const byPath = Map.groupBy(suppressions, ({ at }) => at.path);
  const kept = found.all().filter((finding) => {
    if (!CATALOGUE.has(finding.code)) return true;
    const { path, line } = finding.at;
    const by = (byPath.get(path) ?? []).filter(
      ({ ids, from, to }) => from <= line && line <= to && ids.includes(finding.code),
    );
    for (const suppression of by) used.add(suppression);
    return by.length === 0;
  });
  const own = new Findings(options.config ?? DEFAULT_CONFIG);
  for (const { malformed } of read) {
    for (const { at, ...finding } of malformed) {
      own.add(MALFORMED, { ...finding, where: { at, includedFrom: [] } }, files.get(at.path));
    }
  }
  for (const suppression of complete ? suppressions : []) {
    const { at, length, ids } = suppression;
    // A rule that does not run finds nothing.
    const isAsked = ids.every(
      (id) => found.severity(id, files.get(at.path)) !== 'off' && (id !== SHELL || options.checkShell !== undefined),
    );
    if (used.has(suppression) || !isAsked) continue;
    const finding = {
      message: 'this comment suppresses nothing',
      hint: 'remove the comment',
      length,
      fix: removal(suppression),
    };
    own.add(UNUSED, { ...finding, where: { at, includedFrom: [] } }, files.get(at.path));
  }
  return [...kept, ...own.all()];
}

/** Only from a comment's start to its end: an empty comment line may be a separator that is wanted. */
function removal({ at, length, ownLine }: Suppression): Fix | undefined {
  if (ownLine) return undefined;
  return { path: at.path, line: at.line, from: at.column, to: at.column + length, insert: '' };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function sort(findings: readonly LintFinding[]): LintFinding[] {
  return findings.toSorted(
    (a, b) =>
      compare(a.at.path, b.at.path) || a.at.line - b.at.line || a.at.column - b.at.column || compare(a.code, b.code),
  );
}
