import { type Argument, readArguments } from '../commands/arguments.ts';
import { excludeEachOther } from '../commands/rules.ts';
import { type CommandSpec, type Release, resets } from '../commands/table.ts';
import type { CommandEntry } from '../include.ts';
import type { Command } from '../kickstart.ts';
import { type Located, describe } from '../source.ts';
import { suggest } from '../suggest.ts';
import { quoteWord } from '../words.ts';
import { duplicateKey } from './duplicates.ts';
import { HandlerCheck } from './handler-check.ts';
import type { Report } from './report.ts';

/** A command that the release knows, on its way into the merge. */
interface Known extends Command {
  readonly spec: CommandSpec;
  readonly earlier: Located[];
  readonly length: number;
  /** Nothing is wrong with its words so far. */
  readonly isSound: boolean;
}

/**
 * Understands the commands and merges them as pykickstart's handlers do: accumulating commands are all kept, in
 * order; of the others there is one, whose later lines overwrite earlier ones option by option.
 *
 * @returns in ksflatten's order: by write priority, then by handler.
 */
export function mergeCommands(entries: readonly CommandEntry[], release: Release, report: Report): Command[] {
  const byHandler = new Map<string, Known[]>();
  const keys = new Map<string, Known>();
  const handlers = new HandlerCheck(release, report);
  for (const entry of entries) {
    const command = understand(entry, release, report);
    if (command === undefined) continue;
    if (command.isSound) handlers.check(entry);
    const { handler, accumulates } = command.spec;
    const group = byHandler.get(handler);
    if (group === undefined) byHandler.set(handler, [command]);
    else if (accumulates) group.push(command);
    else group[0] = overwrite(group[0] ?? command, command, report);
    if (accumulates) reportDuplicate(command, keys, report);
  }
  const groups = [...byHandler.values()];
  reportConflicts(groups, report);
  return groups.toSorted(writeOrder).flat();
}

function understand(entry: CommandEntry, release: Release, report: Report): Known | undefined {
  const [first, ...rest] = entry.words;
  if (first === undefined) return undefined;
  const name = first.value;
  const length = first.end - first.start;
  const spec = release.commands.get(name);
  if (spec === undefined) {
    const near = suggest(name, [...release.commands.keys()]);
    const hint = near ? `did you mean ${near}?` : `${release.release} has no such kickstart command`;
    report(entry, { code: 'KS_UNKNOWN_COMMAND', severity: 'error', message: `unknown command ${name}`, hint }, length);
    return undefined;
  }
  if (spec.removed) {
    const message = `the command ${name} has been removed`;
    report(entry, { code: 'KS_REMOVED_COMMAND', severity: 'error', message, hint: 'remove the line' }, length);
    return undefined;
  }
  if (spec.deprecated) {
    const message = `the command ${name} no longer does anything`;
    report(entry, { code: 'KS_DEPRECATED_COMMAND', severity: 'warning', message, hint: 'remove the line' }, length);
    return undefined;
  }
  const whole = entry.line.text.trim().length;
  const read = spec.free
    ? { args: rest.map(({ value }): Argument => ({ kind: 'positional', value })), problems: [] }
    : readArguments(name, spec.options, rest);
  for (const { word, ...problem } of read.problems) {
    const at = { ...entry.at, column: word ? word.start + 1 : entry.at.column };
    report({ ...entry, at }, { severity: 'error', ...problem }, word ? word.end - word.start : whole);
  }
  const { at, includedFrom } = entry;
  const isSound = read.problems.length === 0;
  const written = name === 'authselect' ? verbatim(entry, read.args) : write(name, read.args, spec.free);
  return { name, ...written, at, includedFrom, earlier: [], spec, length: whole, isSound };
}

/** The canonical form of a command. */
function write(name: string, args: readonly Argument[], free = false): Pick<Command, 'args' | 'arguments' | 'text'> {
  const positional = args.filter((arg) => arg.kind === 'positional');
  const words =
    !free && positional.some(isDashed)
      ? [...args.filter((arg) => arg.kind === 'option'), undefined, ...positional].map((arg) =>
          arg ? argumentText(arg) : '--',
        )
      : args.map(argumentText);
  return { arguments: args, args: words, text: [name, ...words.map(quoteWord)].join(' ') };
}

/** Anaconda hands everything behind the name on as it stands, what looks like a comment included. */
function verbatim(entry: CommandEntry, args: readonly Argument[]): Pick<Command, 'args' | 'arguments' | 'text'> {
  const text = entry.line.text.slice((entry.words[0]?.end ?? 0) + 1).trim();
  return { arguments: args, args: args.map(argumentText), text: `authselect ${text}`.trimEnd() };
}

/** A positional argument that would be taken for an option. */
function isDashed(arg: Argument): boolean {
  return arg.kind === 'positional' && arg.value.length > 1 && arg.value.startsWith('-');
}

function argumentText(arg: Argument): string {
  if (arg.kind === 'positional') return arg.value;
  return arg.value === undefined ? arg.flag : `${arg.flag}=${arg.value}`;
}

/**
 * The later line on top of the earlier: its options win, and so do the defaults it brings (pykickstart sets every
 * attribute whose argparse default is not None). What is lost thereby is reported with both places.
 */
function overwrite(earlier: Known, later: Known, report: Report): Known {
  const given = new Set(later.arguments.map((arg) => (arg.kind === 'option' ? arg.spec.dest : '')));
  const flags = later.arguments.flatMap((arg) => (arg.kind === 'option' ? [arg.flag] : []));
  const replaced: string[] = [];
  const dropped: string[] = [];
  const kept = earlier.arguments.filter((arg) => {
    if (later.spec.free) return false;
    if (arg.kind === 'positional') return !given.has('');
    if (flags.some((flag) => flag !== arg.flag && excludeEachOther(later.name, arg.flag, flag))) {
      replaced.push(argumentText(arg));
      return false;
    }
    if (given.has(arg.spec.dest)) {
      const same = later.arguments.some((other) => argumentText(other) === argumentText(arg));
      if (!same) replaced.push(argumentText(arg));
      return false;
    }
    if (resets(arg.spec)) {
      if (isNotDefault(arg)) dropped.push(argumentText(arg));
      return false;
    }
    return true;
  });
  const place = describe(earlier.at);
  const tell = (code: 'KS_OPTION_DROPPED' | 'KS_OPTION_REPLACED', lost: readonly string[]): void => {
    if (lost.length === 0) return;
    const does = code === 'KS_OPTION_DROPPED' ? 'drops' : 'replaces';
    const message = `this ${later.name} line ${does} ${lost.join(' ')} of ${place}`;
    const hint = `say it again here, or write one ${later.name} line`;
    report(later, { code, severity: 'warning', message, hint }, later.length);
  };
  if (earlier.name === later.name) {
    tell('KS_OPTION_REPLACED', replaced);
    tell('KS_OPTION_DROPPED', dropped);
  }
  const { name, spec, at, includedFrom, length, isSound } = later;
  const line = spec.free ? later : write(name, [...kept, ...later.arguments], spec.free);
  // The earlier command ends here: its list goes on, instead of being copied for every line.
  const carried = kept.length > 0 ? earlier.earlier : [];
  if (kept.length > 0) carried.push({ at: earlier.at, includedFrom: earlier.includedFrom });
  const { args, arguments: all, text } = line;
  return { name, args, arguments: all, text, at, includedFrom, earlier: carried, spec, length, isSound };
}

function isNotDefault(arg: Argument): boolean {
  if (arg.kind === 'positional') return true;
  const fallback = arg.spec.default ?? false;
  if (arg.spec.action === 'store_true') return fallback !== true;
  if (arg.spec.action === 'store_false') return fallback !== false;
  return fallback !== arg.value && JSON.stringify(fallback) !== arg.value;
}

function reportDuplicate(command: Known, keys: Map<string, Known>, report: Report): void {
  const key = duplicateKey(command);
  if (key === undefined) return;
  const id = `${command.spec.handler} ${key.value}`;
  const first = keys.get(id);
  if (first === undefined) {
    keys.set(id, command);
    return;
  }
  const message = `${key.what} ${key.value} is already defined at ${describe(first.at)}`;
  const hint = 'both lines are kept: remove one';
  report(command, { code: 'KS_DUPLICATE', severity: 'warning', message, hint }, command.length);
}

function reportConflicts(groups: readonly Known[][], report: Report): void {
  const present = new Map(groups.flatMap(([first]) => (first ? [[first.spec.module, first] as const] : [])));
  const told = new Set<string>();
  for (const command of present.values()) {
    for (const module of command.spec.conflictsWith ?? []) {
      const other = present.get(module);
      if (other === undefined || told.has(`${module} ${command.spec.module}`)) continue;
      told.add(`${command.spec.module} ${module}`);
      const message = `${command.name} and ${other.name} (${describe(other.at)}) cannot be used together`;
      report(command, { code: 'KS_CONFLICT', severity: 'error', message, hint: 'remove one of them' }, command.length);
    }
  }
}

function writeOrder([a]: readonly Known[], [b]: readonly Known[]): number {
  if (a === undefined || b === undefined) return 0;
  const byPriority = (a.spec.priority ?? 0) - (b.spec.priority ?? 0);
  if (byPriority !== 0) return byPriority;
  return a.spec.handler < b.spec.handler ? -1 : Number(a.spec.handler > b.spec.handler);
}
