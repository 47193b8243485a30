import { type Command, type Kickstart, type PackageEntry, type Packages, optionValue } from '../kickstart.ts';
import type { Position } from '../source.ts';
import { type CommandChange, diffCommands } from './commands.ts';
import { type ScriptChange, diffScripts } from './scripts.ts';

/** Something that only one side has: `a` or `b` says where. */
export interface Change {
  readonly what: string;
  readonly a?: Position | undefined;
  readonly b?: Position | undefined;
  /** Other lines of the same command, merged into that one: it may stand in any of them. */
  readonly merged: readonly Position[];
}

/** How two kickstarts differ in meaning: order of commands, quoting and comments do not count. */
export interface KickstartDiff {
  /** Commands but repositories, and but what the lists below say more exactly. */
  readonly commands: readonly CommandChange[];
  /** `url`, `repo` and the other sources. */
  readonly repos: readonly CommandChange[];
  /** `enabled NAME`, `disabled NAME`. */
  readonly services: readonly Change[];
  /** Words of `bootloader --append`. */
  readonly kernelArguments: readonly Change[];
  /** As they stand in %packages: `@core`, `-nano`; header options as they are written. */
  readonly packages: readonly Change[];
  readonly scripts: readonly ScriptChange[];
  /** `%addon`, `%certificate`… by their headers. */
  readonly sections: readonly Change[];
}

const REPOS = new Set(['repo', 'url', 'nfs', 'cdrom', 'harddrive', 'hmc', 'liveimg', 'ostreesetup', 'ostreecontainer']);

/** What is different in `b`. */
export function diffKickstarts(a: Kickstart, b: Kickstart): KickstartDiff {
  const changes = diffCommands(a.commands, b.commands);
  return {
    commands: changes.filter(({ name }) => !REPOS.has(name)),
    repos: changes.filter(({ name }) => REPOS.has(name)),
    services: diffSets(services(a), services(b)),
    kernelArguments: diffSets(kernelArguments(a), kernelArguments(b)),
    packages: diffSets(packageSelection(a.packages), packageSelection(b.packages)),
    scripts: diffScripts(a.scripts, b.scripts),
    sections: diffSets(sections(a), sections(b)),
  };
}

/** Whether nothing differs. */
export function isSame(diff: KickstartDiff): boolean {
  return Object.values(diff).every((changes: readonly unknown[]) => changes.length === 0);
}

interface Entry {
  readonly at: Position;
  readonly earlier?: readonly { at: Position }[];
}
type Entries = ReadonlyMap<string, Entry>;

const merged = ({ earlier = [] }: Entry): Position[] => earlier.map(({ at }) => at);

function diffSets(a: Entries, b: Entries): Change[] {
  const gone = [...a].filter(([what]) => !b.has(what));
  const added = [...b].filter(([what]) => !a.has(what));
  return [
    ...gone.map(([what, place]): Change => ({ what, a: place.at, merged: merged(place) })),
    ...added.map(([what, place]): Change => ({ what, b: place.at, merged: merged(place) })),
  ];
}

function services(kickstart: Kickstart): Entries {
  const places = new Map<string, Entry>();
  for (const command of kickstart.commands.filter(({ name }) => name === 'services')) {
    for (const kind of ['enabled', 'disabled']) {
      for (const service of listOf(command, `--${kind}`, ',')) places.set(`${kind} ${service}`, command);
    }
  }
  return places;
}

function kernelArguments(kickstart: Kickstart): Entries {
  const bootloaders = kickstart.commands.filter(({ name }) => name === 'bootloader');
  return new Map(
    bootloaders.flatMap((command) => listOf(command, '--append', ' ').map((word) => [word, command] as const)),
  );
}

function listOf(command: Command, flag: string, separator: string): string[] {
  const value = optionValue(command, flag);
  return typeof value === 'string' ? value.split(separator).filter(Boolean) : [];
}

function packageSelection(packages: Packages | undefined): Entries {
  if (packages === undefined) return new Map();
  const options = Object.entries(packages.options).flatMap(([name, value]) =>
    value === undefined || value === false
      ? []
      : [[`%packages ${name}${value === true ? '' : `=${value}`}`, { at: packages.at }] as const],
  );
  return new Map([...options, ...packages.entries.map((entry: PackageEntry) => [entry.text, entry] as const)]);
}

function sections(kickstart: Kickstart): Entries {
  return new Map(
    kickstart.sections.map((section) => {
      const { name, args, body } = section;
      return [
        `${[name, ...args].join(' ')}
${body.trimEnd()}`,
        section,
      ] as const;
    }),
  );
}
