import { groupCounterpart, medium, packageCounterpart } from './counterparts.ts';

/** Something that a kickstart asks for, and the line of the flat kickstart where it does. */
export interface Wanted {
  name: string;
  line: number;
}

/** What `%packages` asks for. */
export interface Selection {
  /** Environments count as groups. */
  groups: Wanted[];
  packages: Wanted[];
  excludedGroups: Wanted[];
  excluded: Wanted[];
  ignoreMissing: boolean;
  /** Without documentation: `--excludedocs`. */
  excludeDocs: boolean;
  /** Translations that are installed, of `--inst-langs`; undefined: all. */
  languages: string[] | undefined;
  /** Options of the section and of its groups that change nothing here, as written. */
  ignoredOptions: Wanted[];
}

/** What stood in for what; written into `rehearsal.json`. */
export interface UsedCounterpart {
  kickstart: string;
  debian: string[];
  line: number;
  why?: string;
}

/** What nothing stood in for; written into `rehearsal.json`. */
export interface WithoutCounterpart {
  kind: 'package' | 'group' | 'command' | 'option' | 'section' | 'script';
  text: string;
  line: number;
  why: string;
}

export interface Resolution {
  /** Names of Debian packages, each once, sorted. */
  install: string[];
  counterparts: UsedCounterpart[];
  withoutCounterpart: WithoutCounterpart[];
  /** What exclusions took out, or would have, had others not asked for it. */
  excluded: { wanted: Wanted; debian: string }[];
  /** Neither in the table nor in Debian: the installation cannot go on. */
  missing: Wanted[];
}

/**
 * Which Debian packages a selection stands for. A name that the table does not have is taken as it is where Debian has
 * it; otherwise it is missing, unless `%packages --ignoremissing` lets it go. Nothing is dropped without a word.
 */
export function resolveSelection(
  selection: Selection,
  { kernel, inDebian, also }: { kernel: string; inDebian: (name: string) => boolean; also: readonly string[] },
): Resolution {
  const install = new Set<string>([...medium.debian, kernel, ...also]);
  const resolution: Resolution = {
    install: [],
    counterparts: [],
    withoutCounterpart: selection.ignoredOptions.map(({ name, line }) => ({
      kind: 'option',
      text: name,
      line,
      why: 'the rehearsal does not have this option',
    })),
    excluded: [],
    missing: [],
  };
  const take = (kind: 'package' | 'group', text: string, wanted: Wanted): void => {
    const counterpart =
      kind === 'group'
        ? groupCounterpart(wanted.name)
        : (packageCounterpart(wanted.name) ?? (inDebian(wanted.name) ? { debian: [wanted.name] } : undefined));
    if (counterpart === undefined) {
      if (selection.ignoreMissing)
        resolution.withoutCounterpart.push({
          kind,
          text,
          line: wanted.line,
          why: 'neither in the table of counterparts nor in Debian; --ignoremissing',
        });
      else resolution.missing.push({ name: text, line: wanted.line });
    } else if (counterpart.debian.length === 0) {
      resolution.withoutCounterpart.push({ kind, text, line: wanted.line, why: counterpart.why ?? 'none needed' });
    } else {
      const debian = counterpart.debian.map((name) => (name === 'linux-image' ? kernel : name));
      for (const name of debian) install.add(name);
      resolution.counterparts.push({
        kickstart: text,
        debian,
        line: wanted.line,
        ...(counterpart.why === undefined ? {} : { why: counterpart.why }),
      });
    }
  };
  const left = new Set(selection.excludedGroups.map(({ name }) => name));
  for (const group of selection.groups) if (!left.has(group.name)) take('group', `@${group.name}`, group);
  for (const wanted of selection.packages) take('package', wanted.name, wanted);

  // An exclusion takes back what a group brought; what the medium itself needs stays.
  const needed = new Set([...medium.debian, kernel, ...also]);
  for (const wanted of selection.excluded) {
    for (const debian of excludedBy(wanted.name, install)) {
      const askedFor = selection.packages.some(({ name }) => packageCounterpart(name)?.debian.includes(debian));
      if (!needed.has(debian) && !askedFor) install.delete(debian);
      resolution.excluded.push({ wanted, debian });
    }
  }
  resolution.install = [...install].toSorted();
  return resolution;
}

/** The Debian packages that an exclusion means: the counterpart's, or, as dnf has it, all that a glob matches. */
const excludedBy = (name: string, install: ReadonlySet<string>): string[] =>
  /[*?[]/u.test(name)
    ? [...install].filter((debian) => globOf(name).test(debian))
    : (packageCounterpart(name)?.debian ?? [name]);

const globOf = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|\\]/gu, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );

/** Excluded, and installed all the same: something else depends on it. Fedora's installer would give up. */
export function excludedInVain(
  excluded: Resolution['excluded'],
  installed: readonly { name: string }[],
): WithoutCounterpart[] {
  const names = new Set(installed.map(({ name }) => name));
  return excluded
    .filter(({ debian }) => names.has(debian))
    .map(({ wanted, debian }) => ({
      kind: 'package',
      text: `-${wanted.name}`,
      line: wanted.line,
      why: `${debian} is there: the medium or another package needs it`,
    }));
}
