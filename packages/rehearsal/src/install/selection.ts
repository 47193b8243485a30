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
  kind: 'package' | 'group' | 'command' | 'option';
  text: string;
  line: number;
  why: string;
}

export interface Resolution {
  /** Names of Debian packages, each once, sorted. */
  install: string[];
  counterparts: UsedCounterpart[];
  withoutCounterpart: WithoutCounterpart[];
  /** Neither in the table nor in Debian: the installation cannot go on. */
  missing: Wanted[];
}

/**
 * Which Debian packages a selection stands for. A name that the table does not have is taken as it is where Debian has
 * it; otherwise it is missing, unless `%packages --ignoremissing` lets it go. Nothing is dropped without a word.
 */
export const resolveSelection = (
  selection: Selection,
  { kernel, inDebian, also }: { kernel: string; inDebian: (name: string) => boolean; also: readonly string[] },
): Resolution => {
  const install = new Set<string>([...medium.debian, kernel, ...also]);
  const resolution: Resolution = { install: [], counterparts: [], withoutCounterpart: [], missing: [] };
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
  for (const group of selection.groups) take('group', `@${group.name}`, group);
  for (const wanted of selection.packages) take('package', wanted.name, wanted);

  // An exclusion takes back what a group brought; what the medium itself needs stays.
  const needed = new Set([...medium.debian, kernel, ...also]);
  for (const { name } of selection.excluded) {
    for (const debian of packageCounterpart(name)?.debian ?? [name]) {
      const askedFor = selection.packages.some((wanted) => packageCounterpart(wanted.name)?.debian.includes(debian));
      if (!needed.has(debian) && !askedFor) install.delete(debian);
    }
  }
  resolution.install = [...install].toSorted();
  return resolution;
};
