import { readArguments } from '../commands/argparse.ts';
import { type Argument, plainArguments } from '../commands/arguments.ts';
import type { Release } from '../commands/table.ts';
import type { Diagnostic } from '../diagnostics.ts';
import type { FlattenOptions } from '../flatten.ts';
import { type CommandEntry, type SectionEntry, expand } from '../include.ts';
import { interpret } from '../interpret.ts';
import type { Kickstart, Script } from '../kickstart.ts';
import { chooseRelease } from '../release.ts';
import type { Located } from '../source.ts';
import type { Word } from '../words.ts';
import type { LintConfig } from './config-shape.ts';
import { type ShellCommand, isShell, shellCommands } from './shell.ts';

/** A leaf to lint. */
export interface LintLeaf {
  readonly path: string;
  /** Made into a live medium by livemedia-creator. */
  readonly live: boolean;
  /** Made of blocks: the options of all `%packages` headers add up. */
  readonly blocks?: boolean | undefined;
  /** Of the ISO it becomes, where that is known. */
  readonly volumeId?: string | undefined;
  /** Its own configuration, where it has one. */
  readonly config?: LintConfig | undefined;
}

/** What the rules look at: a leaf with its includes put in, every line of it, and what it means. */
export interface RuleContext extends LintLeaf {
  /** Every command line as written, also those that a later one overwrites. */
  readonly lines: readonly WrittenCommand[];
  readonly sections: readonly SectionEntry[];
  readonly kickstart: Kickstart;
  readonly scripts: readonly WrittenScript[];
  readonly release: Release;
  /** Whether the release was asked for; otherwise it is the default. */
  readonly isReleaseAsked: boolean;
}

export interface WrittenCommand extends Located {
  readonly name: string;
  readonly text: string;
  readonly words: readonly Word[];
  readonly args: readonly Argument[];
}

export interface WrittenScript {
  readonly script: Script;
  /** Its header as written. */
  readonly header: string;
  /** Empty when the interpreter is not a shell. */
  readonly commands: readonly ShellCommand[];
  readonly isShell: boolean;
}

export interface Read {
  readonly context: RuleContext;
  readonly files: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a leaf for the rules. Like {@link expand}, it collects problems instead of throwing. */
export function readRuleContext(leaf: LintLeaf, options: FlattenOptions): Read {
  const { entries, files, version, diagnostics: found } = expand(leaf.path, options);
  const diagnostics: Diagnostic[] = [...found];
  const release = chooseRelease(options.release, version, diagnostics);
  const kickstart = interpret(
    leaf.path,
    entries,
    { release, strict: options.strict, blocks: leaf.blocks },
    diagnostics,
  );
  const sections = entries.filter((entry) => entry.kind === 'section');
  const headers = new Map(sections.map((section) => [key(section), section.header.text]));
  const context: RuleContext = {
    ...leaf,
    lines: entries.flatMap((entry) => (entry.kind === 'command' ? written(entry, release) : [])),
    sections,
    kickstart,
    scripts: kickstart.scripts.map((script) => ({
      script,
      header: headers.get(key(script)) ?? '',
      isShell: isShell(script),
      commands: isShell(script) ? shellCommands(script) : [],
    })),
    release,
    isReleaseAsked: options.release !== undefined,
  };
  return { context, files, diagnostics };
}

function written(entry: CommandEntry, release: Release): WrittenCommand[] {
  const [first, ...rest] = entry.words;
  if (first === undefined) return [];
  const spec = release.commands.get(first.value);
  const args: readonly Argument[] =
    spec === undefined
      ? plainArguments(rest)
      : readArguments({ name: first.value, release: release.release }, spec.options, rest);
  const { at, includedFrom, line, words } = entry;
  return [{ name: first.value, text: line.text, words, args, at, includedFrom }];
}

function key({ at }: Located): string {
  return `${at.path}:${at.line}`;
}

/** The value of an option as written; `true` for a flag; `undefined` when it is not there. */
export function option(command: Pick<WrittenCommand, 'args'>, flag: string): string | true | undefined {
  const found = command.args.findLast((arg) => arg.kind === 'option' && arg.spec.flags.includes(flag));
  return found?.kind === 'option' ? (found.value ?? true) : undefined;
}

export function positionals(command: Pick<WrittenCommand, 'args'>): string[] {
  return command.args.flatMap((arg) => (arg.kind === 'positional' ? [arg.value] : []));
}

/** Where `text` stands in the line of a command: the caret goes there. The whole line when it is not found. */
export function within(command: WrittenCommand, text: string): { where: Located; length: number } {
  // An empty value has no place of its own.
  if (text === '') return { where: command, length: Math.max(1, command.text.trim().length) };
  const holding = command.words.filter(({ start, end }) => command.text.slice(start, end).includes(text));
  const word = holding.find(({ value }) => value === text || value.endsWith(`=${text}`)) ?? holding[0];
  if (word === undefined) return { where: command, length: command.text.trim().length };
  const column = command.text.slice(0, word.end).lastIndexOf(text) + 1;
  return { where: { ...command, at: { ...command.at, column } }, length: text.length };
}

/** Where an option stands in the line of a command, as it was typed: flags can be shortened. */
export function atOption(command: WrittenCommand, flag: string): { where: Located; length: number } {
  const word = command.words.find(({ value }) => {
    const typed = value.split('=', 1)[0] ?? '';
    return typed.length > 2 && flag.startsWith(typed);
  });
  if (word === undefined) return { where: command, length: command.text.trim().length };
  return { where: { ...command, at: { ...command.at, column: word.start + 1 } }, length: word.end - word.start };
}

/**
 * A value that a template or a script puts in before the kickstart is used: `$default_password`, `{{ password }}`,
 * `<%= @root_pass %>`, `@PASSWORD@`.
 */
export function isPlaceholder(value: string): boolean {
  return /^\$\{?[A-Za-z_][\w.]*\}?$|\{\{|\{%|<%|^@@?\w+@@?$|^<[\w -]+>$/.test(value);
}
