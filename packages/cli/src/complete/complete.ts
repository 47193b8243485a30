import type { Argument, Command, Option } from 'commander';
import { type Candidate, type Values, valuesFor } from './values.ts';

/** What a shell offers for the word at the cursor. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** What the shell shall complete itself, when there are no candidates. */
  readonly paths?: Values['paths'];
}

/** Of a program: its commands by name, what one of them takes, and what the words of a kind are here. */
export interface Program {
  readonly commands: readonly Candidate[];
  readonly options: readonly Candidate[];
  /** A command with its arguments, options and commands of its own; undefined: there is none of that name. */
  load(name: string): Promise<Command | undefined>;
  words(kind: NonNullable<Values['words']>): readonly Candidate[];
}

const nothing: Completion = { candidates: [] };

/**
 * Completes a command line.
 *
 * @param words those after the program's name, up to the cursor; the last one is completed, and may be empty
 */
export async function complete(words: readonly string[], program: Program): Promise<Completion> {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const at = before.findIndex((word) => !word.startsWith('-'));
  const name = before[at];
  if (name === undefined) {
    return { candidates: startingWith(current, current.startsWith('-') ? program.options : program.commands) };
  }
  if (name === 'help') return { candidates: before.length === at + 1 ? startingWith(current, program.commands) : [] };
  const command = await program.load(name);
  if (command === undefined) return nothing;
  return completeIn(stateAfter(before.slice(at + 1), command), current, program);
}

/** Where in a command's line the cursor is. */
interface State {
  /** The command, or the one of its commands that was named. */
  readonly command: Command;
  /** Names of both, as the completion's table has them. */
  readonly name: string;
  /** Arguments that are there. */
  readonly arguments: number;
  /** The option whose value comes next. */
  readonly option: Option | undefined;
  readonly given: readonly Option[];
  /** After `--`: options are words. */
  readonly ended: boolean;
}

function stateAfter(words: readonly string[], command: Command): State {
  let state: State = { command, name: command.name(), arguments: 0, option: undefined, given: [], ended: false };
  for (const word of words) {
    if (state.option !== undefined) state = { ...state, option: undefined };
    else if (state.ended) state = { ...state, arguments: state.arguments + 1 };
    else if (word === '--') state = { ...state, ended: true };
    else if (word.startsWith('-') && word !== '-') state = afterOption(state, word);
    else state = afterWord(state, word);
  }
  return state;
}

function afterOption(state: State, word: string): State {
  const [flag = ''] = word.startsWith('--') ? word.split('=', 1) : [word.slice(0, 2)];
  const option = state.command.options.find(({ long, short }) => long === flag || short === flag);
  if (option === undefined) return state;
  const waits = takesValue(option) && word === flag;
  return { ...state, given: [...state.given, option], option: waits ? option : undefined };
}

function afterWord(state: State, word: string): State {
  const inner = state.arguments === 0 ? state.command.commands.find((one) => one.name() === word) : undefined;
  if (inner === undefined) return { ...state, arguments: state.arguments + 1 };
  return { ...state, command: inner, name: `${state.name} ${word}`, given: [] };
}

function completeIn(state: State, current: string, program: Program): Completion {
  const { command, option, ended } = state;
  if (option !== undefined) return completeValue(state, option, { prefix: '', current }, program);
  if (!ended && current.startsWith('-')) {
    const equals = current.startsWith('--') ? current.indexOf('=') : -1;
    if (equals < 0) return { candidates: startingWith(current, optionsOf(state)) };
    const named = command.options.find(({ long }) => long === current.slice(0, equals));
    if (named === undefined || !takesValue(named)) return nothing;
    const parts = { prefix: current.slice(0, equals + 1), current: current.slice(equals + 1) };
    return completeValue(state, named, parts, program);
  }
  if (command.commands.length > 0 && state.arguments === 0) {
    const inner = command.commands.map((one) => ({ word: one.name(), means: one.description() }));
    return { candidates: startingWith(current, inner) };
  }
  const all = command.registeredArguments;
  const last = all.at(-1);
  const argument = all[state.arguments] ?? (last?.variadic === true ? last : undefined);
  if (argument === undefined) return nothing;
  return completeValue(state, argument, { prefix: '', current }, program);
}

const takesValue = ({ required, optional }: Option): boolean => required || optional;

/** Those that are shown in the help. One that is there already is offered again where it may be repeated. */
function optionsOf({ command, given }: State): Candidate[] {
  const offered = command.options.filter(
    (option) => !option.hidden && (!given.includes(option) || option.parseArg !== undefined),
  );
  return [
    ...offered.flatMap((option) => (option.long == null ? [] : [{ word: option.long, means: option.description }])),
    { word: '--help', means: 'display help for command' },
  ];
}

function completeValue(
  { name }: State,
  of: Option | Argument,
  { prefix, current }: { prefix: string; current: string },
  program: Program,
): Completion {
  if (of.argChoices !== undefined) {
    return {
      candidates: prefixed(
        prefix,
        startingWith(
          current,
          of.argChoices.map((word) => ({ word })),
        ),
      ),
    };
  }
  const { words, paths } = valuesFor(name, placeholderOf(of)) ?? {};
  // A path has one of these, and a name has not: the rest of a path is the shell's.
  if (words === undefined || (paths !== undefined && /[/.~]/u.test(current))) return { candidates: [], paths };
  if (words === 'firmware') {
    const comma = current.lastIndexOf(',') + 1;
    const there = current.slice(0, comma).split(',');
    const left = program.words(words).filter(({ word }) => !there.includes(word));
    const found = startingWith(current.slice(comma), left);
    return { candidates: prefixed(prefix + current.slice(0, comma), found) };
  }
  const candidates = prefixed(prefix, startingWith(current, program.words(words)));
  return candidates.length === 0 ? { candidates, paths } : { candidates };
}

/** `file` of `--output <file>`, `leaf` of `[leaf...]`. */
export function placeholderOf(of: Option | Argument): string {
  if (!('flags' in of)) return of.name();
  return /[<[](.+?)(?:\.\.\.)?[>\]]$/u.exec(of.flags)?.[1] ?? '';
}

const startingWith = (start: string, candidates: readonly Candidate[]): Candidate[] =>
  candidates.filter(({ word }) => word.startsWith(start));

const prefixed = (prefix: string, candidates: readonly Candidate[]): Candidate[] =>
  prefix === '' ? [...candidates] : candidates.map(({ word, ...rest }) => ({ word: prefix + word, ...rest }));
