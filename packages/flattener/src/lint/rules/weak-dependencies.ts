import type { SectionEntry } from '../../include.ts';
import type { PackageEntry, Packages } from '../../kickstart.ts';
import type { Finding, Rule } from '../rule.ts';
import type { RuleContext } from '../rule-context.ts';
import TABLE from '../data/weak-dependencies.json' with { type: 'json' };

/** A dependency that Fedora's packages only recommend, and that is missed when it is not there. */
interface WeakDependency {
  readonly package: string;
  /** Packages, or groups with an @, with which it is wanted; `*` is any system. */
  readonly with: readonly string[];
  /** The first Fedora in which nothing requires it any more. */
  readonly since?: number;
  readonly why: string;
}

const WEAK: readonly WeakDependency[] = TABLE.weak;

export const weakDependency: Rule = {
  id: 'KSL_WEAK_DEPENDENCY',
  severity: 'warning',
  doc: 'with --exclude-weakdeps, what the selection does not work well without is named or excluded',
  reason:
    'Fedora 44 made systemd-pam a recommendation: the same kickstart with --exclude-weakdeps then made images without sessions',
  check: (context) => {
    const { packages } = context.kickstart;
    const fedora = /^F(\d+)$/.exec(context.release.release)?.[1];
    if (packages?.options.excludeWeakdeps !== true || fedora === undefined) return [];
    const selected = selectionOf(packages);
    const decided = new Set([...packages.names, ...packages.excluded]);
    return WEAK.filter(
      (weak) =>
        (weak.since ?? 0) <= Number(fedora) &&
        weak.with.some((name) => name === '*' || selected.has(name)) &&
        !decided.has(weak.package),
    ).map((weak) => finding(context, packages, weak));
  },
};

/** Names of packages, and of groups with an @; the group core is there unless it is refused. */
function selectionOf({ names, groups, environment, excludedGroups, options }: Packages): ReadonlySet<string> {
  const core = options.nocore || excludedGroups.includes('core') ? [] : ['@core'];
  const environments = environment === undefined ? [] : [`@^${environment}`];
  return new Set([...names, ...groups.map(({ name }) => `@${name}`), ...environments, ...core]);
}

function finding(context: RuleContext, packages: Packages, weak: WeakDependency): Finding {
  const { package: name, why } = weak;
  return {
    message: `${name} is only recommended, and stays out: ${why}`,
    hint: `write ${name}, or -${name} if it is not wanted`,
    ...(atEntry(packages, weak) ?? atOption(context.sections.filter((section) => section.name === '%packages'))),
  };
}

/** The line that selects what the package is wanted with, if there is one. */
function atEntry({ entries }: Packages, weak: WeakDependency): Pick<Finding, 'where' | 'length'> | undefined {
  const prefixes: Partial<Record<PackageEntry['kind'], string>> = { package: '', group: '@', environment: '@^' };
  const entry = entries.find(({ kind, name }) => {
    const prefix = prefixes[kind];
    return prefix !== undefined && weak.with.includes(prefix + name);
  });
  return entry && { where: entry, length: entry.text.length };
}

/** The header that says --exclude-weakdeps, which may be shortened. */
function atOption(headers: readonly SectionEntry[]): Pick<Finding, 'where' | 'length'> {
  for (const header of headers) {
    const word = header.words.find(({ value }) => /^--exclude-?w/i.test(value));
    if (word) {
      const where = { ...header, at: { ...header.at, column: word.start + 1 } };
      return { where, length: word.end - word.start };
    }
  }
  const [first] = headers;
  if (first === undefined) throw new Error('there are options of %packages without a %packages');
  return { where: first, length: first.header.text.trim().length };
}
