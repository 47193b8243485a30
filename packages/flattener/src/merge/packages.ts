import { packageText, readPackageLine } from '../commands/package-line.ts';
import { ArgumentProblem } from '../commands/problem.ts';
import type { Release } from '../commands/table.ts';
import type { BodyLine, SectionEntry } from '../include.ts';
import type { PackageEntry, PackageGroup, PackageOptions, Packages } from '../kickstart.ts';
import type { Located } from '../source.ts';
import { oddCharacter } from '../odd-character.ts';
import { quoteWord } from '../words.ts';
import { type Report, refusals } from './report.ts';
import { headerArguments } from './sections.ts';

/**
 * All `%packages` sections as one: the last word on a package counts, and groups keep their first options. Each header
 * takes away what the one before said, all but `--default` and `--inst-langs`, as in pykickstart, and that is reported;
 * with `blocks` the options of all headers add up.
 */
export function mergePackages(
  sections: readonly SectionEntry[],
  { release, blocks, strict }: { readonly release: Release; readonly blocks: boolean; readonly strict: boolean },
  report: Report,
): Packages | undefined {
  const first = sections[0];
  const last = sections.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const selection = new Selection(release.release, strict, report);
  const options = new Map<string, string | true>();
  for (const section of sections) {
    const args = headerArguments(section, release, report);
    const before = blocks ? [] : [...options.keys()].filter((dest) => !STICKY.has(dest));
    for (const dest of before) options.delete(dest);
    for (const arg of args) if (arg.kind === 'option') options.set(arg.spec.dest, arg.value ?? true);
    reportDropped(
      section,
      before.filter((dest) => !options.has(dest)),
      release,
      report,
    );
    for (const line of section.body) selection.line(line);
  }
  if (options.has('defaultPackages') && options.has('nocore')) {
    const message = 'all %packages headers together have --default and --nocore, which exclude each other';
    const hint = 'remove one of them';
    report(last, { code: 'KS_OPTION_RULE', severity: 'error', message, hint }, '%packages'.length);
  }
  const byDefault = options.has('defaultPackages');
  const entries = selection.entries().filter(({ kind }) => kind !== 'environment' || !byDefault);
  const names = (wanted: PackageEntry['kind']): string[] => {
    const found: string[] = [];
    for (const { kind, name } of entries) if (kind === wanted) found.push(name);
    return found;
  };
  return {
    at: first.at,
    includedFrom: first.includedFrom,
    environment: names('environment')[0],
    groups: selection.groups(),
    names: names('package'),
    excludedGroups: names('excluded-group'),
    excluded: names('excluded'),
    options: readOptions(options),
    entries,
    earlier: sections.slice(1).map(({ at, includedFrom }) => ({ at, includedFrom })),
    endAt: last.endAt,
  };
}

/** What a later header leaves as it is. */
const STICKY: ReadonlySet<string> = new Set(['defaultPackages', 'instLangs']);

function reportDropped(section: SectionEntry, dropped: readonly string[], release: Release, report: Report): void {
  if (dropped.length === 0) return;
  const specs = release.sections.get('%packages') ?? [];
  const flags = dropped.map((dest) => specs.find((spec) => spec.dest === dest)?.flags.at(-1) ?? dest);
  const message = `this %packages header drops ${flags.join(' ')} of an earlier one`;
  const hint = 'say it again here';
  report(section, { code: 'KS_OPTION_DROPPED', severity: 'warning', message, hint }, section.name.length);
}

function readOptions(options: ReadonlyMap<string, string | true>): PackageOptions {
  const value = (dest: string): string | undefined => {
    const found = options.get(dest);
    return typeof found === 'string' ? found : undefined;
  };
  return {
    default: options.has('defaultPackages'),
    excludedocs: options.has('excludedocs'),
    nocore: options.has('nocore'),
    ignoreMissing: options.has('ignoremissing'),
    ignoreBroken: options.has('ignorebroken'),
    multilib: options.has('multiLib'),
    excludeWeakdeps: options.has('excludeWeakdeps'),
    instLangs: value('instLangs'),
    timeout: value('timeout'),
    retries: value('retries'),
  };
}

interface Chosen extends Located {
  readonly name: string;
}

class Selection {
  #environment: Chosen | undefined;
  readonly #groups = new Map<string, PackageGroup & Located>();
  readonly #excludedGroups = new Map<string, Chosen>();
  readonly #packages = new Map<string, Chosen>();
  readonly #excluded = new Map<string, Chosen>();
  readonly #includes = new Map<string, Chosen>();
  readonly #release: string;
  readonly #strict: boolean;
  readonly #report: Report;

  constructor(release: string, strict: boolean, report: Report) {
    this.#release = release;
    this.#strict = strict;
    this.#report = report;
  }

  line({ line, at, includedFrom, include }: BodyLine): void {
    if (include !== undefined) {
      this.#includes.set(include, { name: include, at, includedFrom });
      return;
    }
    const text = packageText(line.text);
    if (text === '') return;
    const where = { at: { path: at.path, line: at.line, column: line.text.indexOf(text) + 1 }, includedFrom };
    const read = /^[-@]/.test(text)
      ? refusals(where, { ...line, text }, this.#report, () => readPackageLine(text, this.#release))
      : // The name of a package is never refused, and there are thousands.
        readPackageLine(text, this.#release);
    if (read instanceof ArgumentProblem) return;
    const { kind, name, nodefaults, optional } = read;
    if (name === '') {
      const hint = 'write a package, @group or @^environment after it';
      const message = `"${text}" names nothing`;
      const severity = this.#strict ? 'error' : 'warning';
      this.#report(where, { code: 'KS_PACKAGE_ENTRY', severity, message, hint }, text.length);
      if (this.#strict) return;
    }
    const odd = oddCharacter(text, []);
    if (odd !== undefined) {
      const { message, hint } = odd;
      const there = { ...where, at: { ...where.at, column: where.at.column + odd.at } };
      this.#report(there, { code: 'KS_ODD_CHARACTER', severity: 'warning', message, hint }, 1);
    }
    const chosen = { name, at: where.at, includedFrom };
    switch (kind) {
      case 'environment':
        this.#environment = name === '' ? undefined : chosen;
        this.#excludedGroups.delete(`^${name}`);
        break;
      case 'excluded-environment':
        if (this.#environment?.name === name) this.#environment = undefined;
        else this.#excludedGroups.set(`^${name}`, { ...chosen, name: `^${name}` });
        break;
      case 'group':
        // pykickstart keeps both, in an order that would exclude the group when the flat kickstart is read again.
        this.#excludedGroups.delete(name);
        if (!this.#groups.has(name)) this.#groups.set(name, { ...chosen, nodefaults, optional });
        break;
      case 'excluded-group':
        this.#groups.delete(name);
        if (!this.#excludedGroups.has(name)) this.#excludedGroups.set(name, chosen);
        break;
      case 'package':
      case 'excluded':
        this.#package(chosen, kind === 'excluded', text);
    }
  }

  /** The last word on a package counts. */
  #package(chosen: Chosen, isExcluded: boolean, text: string): void {
    const { name } = chosen;
    if (/\s|^%/.test(name)) {
      const hint = name.startsWith('%') ? 'only %include and %end mean something here' : 'write one package a line';
      const message = `"${text}" is taken for the name of one package`;
      this.#report(chosen, { code: 'KS_PACKAGE_ENTRY', severity: 'warning', message, hint }, text.length);
    }
    const [from, to] = isExcluded ? [this.#packages, this.#excluded] : [this.#excluded, this.#packages];
    from.delete(name);
    to.set(name, chosen);
  }

  groups(): PackageGroup[] {
    return byName(this.#groups).map(({ name, nodefaults, optional }) => ({ name, nodefaults, optional }));
  }

  entries(): PackageEntry[] {
    const as = (kind: PackageEntry['kind'], chosen: ReadonlyMap<string, Chosen>, prefix: string): PackageEntry[] =>
      byName(chosen).map(({ name, at, includedFrom }) => ({ kind, name, text: prefix + name, at, includedFrom }));
    const groups = byName(this.#groups).map(({ name, nodefaults, optional, at, includedFrom }): PackageEntry => {
      const text = `@${name}${nodefaults ? ' --nodefaults' : ''}${optional ? ' --optional' : ''}`;
      return { kind: 'group', name, text, at, includedFrom };
    });
    return [
      ...as('environment', new Map(this.#environment ? [['', this.#environment]] : []), '@^'),
      ...groups,
      ...as('package', this.#packages, ''),
      ...as('excluded-group', this.#excludedGroups, '-@'),
      ...as('excluded', this.#excluded, '-'),
      ...[...this.#includes.values()].map(({ name, at, includedFrom }): PackageEntry => ({
        kind: 'include',
        name,
        text: `%include ${quoteWord(name)}`,
        at,
        includedFrom,
      })),
    ];
  }
}

/** In the order of their keys: without a function that compares, which is several times faster. */
function byName<T>(items: ReadonlyMap<string, T>): T[] {
  const sorted: T[] = [];
  for (const name of [...items.keys()].toSorted()) {
    const item = items.get(name);
    if (item !== undefined) sorted.push(item);
  }
  return sorted;
}
