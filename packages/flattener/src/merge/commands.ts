import { type Argument, argumentText } from '../commands/arguments.ts';
import { CommandList } from '../commands/command-list.ts';
import type { Warning } from '../commands/handler.ts';
import { isVerbatim } from '../commands/handlers/index.ts';
import { implausible } from '../commands/plausible.ts';
import { ArgumentProblem } from '../commands/problem.ts';
import { excludeEachOther } from '../commands/rules.ts';
import { type CommandSpec, type Release, resets } from '../commands/table.ts';
import type { CommandEntry } from '../include.ts';
import type { Command } from '../kickstart.ts';
import { type Located, describe } from '../source.ts';
import { type Word, quoteWord } from '../words.ts';
import { type Report, reportAt } from './report.ts';

/** A command that the release knows, on its way into the merge. */
interface Known extends Command {
  readonly spec: CommandSpec;
  readonly earlier: Located[];
  readonly length: number;
}

/**
 * Understands the commands and merges them as pykickstart's handlers do: accumulating commands are all kept, in
 * order; of the others there is one, whose later lines overwrite earlier ones option by option.
 *
 * @returns in ksflatten's order: by write priority, then by handler.
 */
export function mergeCommands(
  entries: readonly CommandEntry[],
  { release, strict }: { readonly release: Release; readonly strict: boolean },
  report: Report,
): Command[] {
  const byHandler = new Map<string, Known[]>();
  const list = new CommandList(release);
  for (const entry of entries) {
    const command = understand(entry, list, release, report);
    if (command === undefined) continue;
    for (const problem of implausible(command.name, command.arguments)) {
      reportAt(entry, entry.line, problem, strict ? 'error' : 'warning', report);
    }
    const { handler, accumulates } = command.spec;
    const group = byHandler.get(handler);
    if (group === undefined) byHandler.set(handler, [command]);
    else if (accumulates) group.push(command);
    else group[0] = overwrite(group[0] ?? command, command, report);
  }
  const groups = [...byHandler.values()];
  reportConflicts(groups, report);
  return groups.toSorted(writeOrder).flat();
}

function understand(entry: CommandEntry, list: CommandList, release: Release, report: Report): Known | undefined {
  const [first] = entry.words;
  if (first === undefined) return undefined;
  const name = first.value;
  const args = readLine(entry, first, list, report);
  const spec = release.commands.get(name);
  if (spec === undefined || spec.removed || spec.deprecated) return undefined;
  const asWritten = isVerbatim(spec);
  const written = asWritten ? verbatim(entry, args) : write(name, args);
  const { at, includedFrom, line } = entry;
  return { name, ...written, at, includedFrom, earlier: [], spec, length: line.text.trim().length };
}

/** What a line says, as far as it is understood; what is wrong with it is reported. */
function readLine(entry: CommandEntry, first: Word, list: CommandList, report: Report): readonly Argument[] {
  const { line, at } = entry;
  const warn = (warning: Warning): void => {
    if (warning.isHarmless !== true) reportAt(entry, line, warning, 'warning', report);
  };
  const words = entry.words.slice(1);
  try {
    return list.add({ name: first.value, word: first, words, line: line.text + line.eol, warn, at });
  } catch (error) {
    if (!(error instanceof ArgumentProblem)) throw error;
    // What cannot stand together is reported once all lines are read, with both places.
    if (error.code !== 'KS_CONFLICT') reportAt(entry, line, error, 'error', report);
    return error.args;
  }
}

/** The canonical form of a command. */
function write(name: string, args: readonly Argument[]): Pick<Command, 'args' | 'arguments' | 'text'> {
  const positional = args.filter((arg) => arg.kind === 'positional');
  const words = positional.some(isDashed)
    ? [...args.filter((arg) => arg.kind === 'option'), undefined, ...positional].map((arg) =>
        arg ? argumentText(arg) : '--',
      )
    : args.map(argumentText);
  return { arguments: args, args: words, text: [name, ...words.map(quoteWord)].join(' ') };
}

/** Anaconda hands everything behind the name on as it stands, what looks like a comment included. */
function verbatim(
  { line, words }: CommandEntry,
  args: readonly Argument[],
): Pick<Command, 'args' | 'arguments' | 'text'> {
  const [name] = words;
  const text = line.text.slice(name?.end ?? 0).trim();
  return { arguments: args, args: args.map(argumentText), text: `${name?.value} ${text}`.trimEnd() };
}

/** A positional argument that would be taken for an option. */
function isDashed(arg: Argument): boolean {
  return arg.kind === 'positional' && arg.value.length > 1 && arg.value.startsWith('-') && !arg.value.includes(' ');
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
    if (isVerbatim(later.spec)) return false;
    if (arg.kind === 'positional') return !given.has('');
    if (flags.some((flag) => flag !== arg.flag && excludeEachOther(later.name, arg.flag, flag))) {
      replaced.push(argumentText(arg));
      return false;
    }
    if (given.has(arg.spec.dest)) {
      if (!later.arguments.some((other) => holdsAll(other, arg))) replaced.push(argumentText(arg));
      return false;
    }
    if (resets(arg.spec)) {
      if (isNotDefault(arg)) dropped.push(argumentText(arg));
      return false;
    }
    return true;
  });
  const place = describe(earlier.at);
  const reportLost = (code: 'KS_OPTION_DROPPED' | 'KS_OPTION_REPLACED', lost: readonly string[]): void => {
    if (lost.length === 0) return;
    const does = code === 'KS_OPTION_DROPPED' ? 'drops' : 'replaces';
    const message = `this ${later.name} line ${does} ${lost.join(' ')} of ${place}`;
    const hint = `say it again here, or write one ${later.name} line`;
    report(later, { code, severity: 'warning', message, hint }, later.length);
  };
  if (earlier.name === later.name) {
    reportLost('KS_OPTION_REPLACED', replaced);
    reportLost('KS_OPTION_DROPPED', dropped);
  }
  const { name, spec, at, includedFrom, length } = later;
  const line = isVerbatim(spec) ? later : write(name, [...kept, ...later.arguments]);
  // The earlier command ends here: its list goes on, instead of being copied for every line.
  const carried = kept.length > 0 ? earlier.earlier : [];
  if (kept.length > 0) carried.push({ at: earlier.at, includedFrom: earlier.includedFrom });
  const { args, arguments: all, text } = line;
  return { name, args, arguments: all, text, at, includedFrom, earlier: carried, spec, length };
}

/** Options whose value is a list, and what parts it; the others of their kind are lists by their type. */
const LIST_OPTIONS: ReadonlyMap<string, string> = new Map([['--append', ' ']]);

/** Whether a later argument has all that an earlier one says: the same, or a list with all of its items. */
function holdsAll(later: Argument, earlier: Argument): boolean {
  if (argumentText(later) === argumentText(earlier)) return true;
  if (later.kind === 'positional' || earlier.kind === 'positional' || later.spec !== earlier.spec) return false;
  const isList = earlier.spec.type === 'commaSplit' || earlier.spec.type === 'firewall_port_cb';
  const separator = isList ? ',' : LIST_OPTIONS.get(earlier.flag);
  if (separator === undefined || later.value === undefined || earlier.value === undefined) return false;
  const items = new Set(later.value.split(separator).map((item) => item.trim()));
  return earlier.value.split(separator).every((item) => items.has(item.trim()));
}

function isNotDefault(arg: Argument): boolean {
  if (arg.kind === 'positional') return true;
  const fallback = arg.spec.default ?? false;
  if (arg.spec.action === 'store_true') return fallback !== true;
  if (arg.spec.action === 'store_false') return fallback !== false;
  return fallback !== arg.value && JSON.stringify(fallback) !== arg.value;
}

function reportConflicts(groups: readonly Known[][], report: Report): void {
  const present = new Map(groups.flatMap(([first]) => (first ? [[first.spec.module, first] as const] : [])));
  const reported = new Set<string>();
  for (const command of present.values()) {
    for (const module of command.spec.conflictsWith ?? []) {
      const other = present.get(module);
      if (other === undefined || reported.has(`${module} ${command.spec.module}`)) continue;
      reported.add(`${command.spec.module} ${module}`);
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
