import type { Kickstart } from '@phyllome/flattener';
import { groupCounterpart, packageCounterpart, serviceEntry } from './install/counterparts.ts';
import { fulfilled } from './install/commands/index.ts';
import { type Kind, planConfiguration } from './install/plan.ts';
import type { KickstartCommand } from './kickstart.ts';
import { toKickstart } from './read-kickstart.ts';

/** One thing that a kickstart asks for, and what a rehearsal makes of it. */
export interface Item {
  text: string;
  /** Line of the flat kickstart. */
  line: number;
  exercised: boolean;
  /** Debian's names for it. */
  debian: string[];
  /** Why nothing stands in for it, or what is different about what does. */
  why?: string;
}

/** What a rehearsal of a kickstart exercises, and what it cannot. */
export interface Coverage {
  packages: Item[];
  groups: Item[];
  services: Item[];
  commands: Item[];
  scripts: Item[];
}

/** Commands that leave nothing to do, and so nothing to exercise, by what is made. */
const NOTHING_TO_DO: Record<Kind, string> = {
  live: 'nothing is left to do on a live medium',
  installed: "the rehearsal's installer has one mode, text, and asks nothing",
};

/** How an installation ends: done by the installer, where there is one. */
const ENDINGS = new Set(['halt', 'poweroff', 'reboot', 'shutdown']);

/** Scripts that only run when an installation fails. */
const ONLY_ON_FAILURE = new Set(['onerror', 'traceback']);

/**
 * How much of a kickstart a rehearsal exercises, by the tables and the plan that the builder itself goes by. A package
 * is exercised when software of Debian stands in for it; a command, when the system that is built differs by it; a
 * script, when it runs. Pure: what it foretells, `rehearsal.json` of a build says of that build.
 *
 * @param kind what the kickstart is for: a live medium, or a disk
 */
export function coverageOf(kickstart: Kickstart, kind: Kind = 'live'): Coverage {
  const { commands, selection, scripts } = toKickstart(kickstart);
  return {
    packages: selection.packages.map(({ name, line }) => standIn(name, line, packageCounterpart(name))),
    groups: selection.groups.map(({ name, line }) => standIn(`@${name}`, line, groupCounterpart(name))),
    services: commands
      .filter(({ name }) => name === 'services')
      .flatMap(({ args, line }) =>
        unitsOf(args).map((name) => standIn(name, line, serviceEntry(name) ?? { debian: [name] })),
      ),
    commands: commands.map((command) => {
      const why = whyIdle(command, kind);
      const { line, text } = command;
      return { text: text.trim(), line, exercised: why === undefined, debian: [], ...(why !== undefined && { why }) };
    }),
    scripts: scripts.map(({ type, line }) => ({
      text: `%${type}`,
      line,
      exercised: !ONLY_ON_FAILURE.has(type),
      debian: [],
      ...(ONLY_ON_FAILURE.has(type) && { why: 'runs only when an installation fails' }),
    })),
  };
}

/** How many there are, and how many of them are exercised. */
export const shareOf = (items: readonly Item[]): { exercised: number; all: number } => ({
  exercised: items.filter(({ exercised }) => exercised).length,
  all: items.length,
});

/** Why the system that is built does not differ by a command; undefined: it does. */
function whyIdle(command: KickstartCommand, kind: Kind): string | undefined {
  if (kind === 'installed' && (ENDINGS.has(command.name) || command.name === 'text')) return undefined;
  if (fulfilled.has(command.name)) return NOTHING_TO_DO[kind];
  const plan = planConfiguration(
    { commands: [command], sections: [] },
    { project: '', releasever: '', packages: [], kind },
  );
  return plan.withoutCounterpart.find((one) => one.kind === 'command')?.why;
}

function standIn(text: string, line: number, counterpart: { debian: string[]; why?: string } | undefined): Item {
  const { debian, why } = counterpart ?? { debian: [], why: 'not in the table: taken as it is where Debian has it' };
  return { text, line, exercised: debian.length > 0, debian, ...(why !== undefined && { why }) };
}

/** `--enabled=a,b --disabled=c` is a, b and c. */
const unitsOf = (args: readonly string[]): string[] =>
  args.flatMap((argument) => argument.replace(/^--(enabled|disabled)=?/u, '').split(',')).filter((unit) => unit !== '');
