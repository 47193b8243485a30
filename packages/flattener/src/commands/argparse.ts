import type { Word } from '../words.ts';
import type { Argument } from './arguments.ts';
import { unknownOption } from './history.ts';
import { ArgumentProblem, example } from './problem.ts';
import { repr } from './python.ts';
import { type OptionSpec, collects, takesValue } from './table.ts';
import { type Attributes, type Value, ValueProblem, convert, listOf } from './values.ts';

/** Whose words are read: `part` or `%post`, in which release. Only messages depend on it. */
export interface Whose {
  readonly name: string;
  readonly release: string;
}

export interface Namespace {
  /** By `dest`; every `dest` is there, with its default when the line does not set it. */
  readonly values: Attributes;
  /** What no option and no positional argument takes. */
  readonly rest: readonly Word[];
  /** Deprecated options that are used. */
  readonly deprecated: readonly DeprecatedUse[];
  /** Everything that was given, in the order of the line; of an option given twice the last one, unless it collects. */
  readonly args: readonly Argument[];
}

interface DeprecatedUse {
  readonly spec: OptionSpec;
  readonly word: Word;
}

/** An argument without its place. */
type Given =
  | { readonly kind: 'option'; readonly spec: OptionSpec; readonly flag: string; readonly value: string | undefined }
  | { readonly kind: 'positional'; readonly value: string };

/** How a word looks to argparse: an option, with its value behind `=`; an argument; or the `--` that ends options. */
type Look =
  | { readonly kind: 'argument' | 'end' }
  | {
      readonly kind: 'option';
      readonly spec: OptionSpec | undefined;
      readonly flag: string;
      readonly value?: string;
    };

/**
 * Reads words the way `argparse.ArgumentParser.parse_known_args` of Python 3.11 does, order of consumption included:
 * a positional argument that may be empty is used up, empty, by the first run of arguments.
 *
 * @throws {ArgumentProblem} with argparse's message, and the arguments that were read before
 */
export function parseKnownArguments(whose: Whose, specs: readonly OptionSpec[], words: readonly Word[]): Namespace {
  const parser = new Parser(whose, specs, words);
  try {
    return parser.run();
  } catch (error) {
    if (error instanceof ArgumentProblem) error.args = parser.args();
    throw error;
  }
}

/**
 * The same, where everything has to be taken.
 *
 * @throws {ArgumentProblem}
 */
export function parseArguments(whose: Whose, specs: readonly OptionSpec[], words: readonly Word[]): Namespace {
  const namespace = parseKnownArguments(whose, specs, words);
  if (namespace.rest.length === 0) return namespace;
  const problem = unrecognized(whose, specs, namespace.rest);
  problem.args = namespace.args;
  throw problem;
}

/**
 * What words say, as far as they can be understood: for those who look at lines that may be wrong.
 *
 * @returns the arguments; of a line that is refused, those before the problem
 */
export function readArguments(whose: Whose, specs: readonly OptionSpec[], words: readonly Word[]): readonly Argument[] {
  try {
    return parseKnownArguments(whose, specs, words).args;
  } catch (error) {
    if (!(error instanceof ArgumentProblem)) throw error;
    return error.args;
  }
}

/** What to say of words that nothing takes; there is one at least. */
function unrecognized(whose: Whose, specs: readonly OptionSpec[], rest: readonly Word[]): ArgumentProblem {
  const pykickstart = `unrecognized arguments: ${rest.map((word) => word.value).join(' ')}`;
  const word = rest.find(({ value }) => value.startsWith('-')) ?? rest[0];
  const typed = word?.value.split('=', 1)[0] ?? '';
  if (typed.startsWith('-')) return new ArgumentProblem({ ...unknownOption(whose, typed, specs), word, pykickstart });
  const message = `${whose.name} does not expect "${word?.value}"`;
  const takesArguments = specs.some(({ positional }) => positional);
  const hint = takesArguments ? 'quote an argument that has blanks' : `${whose.name} takes options only`;
  return new ArgumentProblem({ code: 'KS_UNEXPECTED_ARGUMENT', message, hint, word, pykickstart });
}

class Parser {
  readonly #whose: Whose;
  readonly #words: readonly Word[];
  /** By the word that brought it. */
  readonly #args = new Map<Word, Argument[]>();
  readonly #required: readonly OptionSpec[];
  readonly #flags: ReadonlyMap<string, OptionSpec>;
  readonly #looks: Look[] = [];
  #pattern = '';
  readonly #values: Attributes;
  readonly #lists = new Map<string, string[]>();
  readonly #seen = new Set<OptionSpec>();
  readonly #rest: Word[] = [];
  readonly #deprecated: DeprecatedUse[] = [];
  #positionals: readonly OptionSpec[];

  constructor(whose: Whose, specs: readonly OptionSpec[], words: readonly Word[]) {
    const { flags, positionals, required, defaults } = grammarOf(specs);
    this.#whose = whose;
    this.#words = words;
    this.#flags = flags;
    this.#positionals = positionals;
    this.#required = required;
    this.#values = new Map(defaults);
  }

  run(): Namespace {
    this.#lookAtWords();
    const lastOption = this.#pattern.lastIndexOf('O');
    let at = 0;
    while (at <= lastOption) {
      const next = this.#pattern.indexOf('O', at);
      if (at !== next) {
        const end = this.#takePositionals(at);
        if (end > at) {
          at = end;
          continue;
        }
        append(this.#rest, this.#words.slice(at, next));
        at = next;
      }
      at = this.#takeOption(at);
    }
    const end = this.#takePositionals(at);
    append(this.#rest, this.#words.slice(end));
    this.#checkRequired();
    for (const word of this.#rest) {
      if (word.value !== '--') this.#give(word, { kind: 'positional', value: word.value });
    }
    return { values: this.#values, rest: this.#rest, deprecated: this.#deprecated, args: this.args() };
  }

  /** What was given so far, in the order of the line. */
  args(): Argument[] {
    const args = this.#words.flatMap((word) => this.#args.get(word) ?? []);
    const last = new Map<string, Argument>();
    let isRepeated = false;
    for (const arg of args) {
      if (arg.kind !== 'option' || collects(arg.spec)) continue;
      isRepeated ||= last.has(arg.spec.dest);
      last.set(arg.spec.dest, arg);
    }
    if (!isRepeated) return args;
    return args.filter((arg) => arg.kind === 'positional' || collects(arg.spec) || last.get(arg.spec.dest) === arg);
  }

  #give(word: Word, argument: Given): void {
    this.#keep(word, { ...argument, word });
  }

  #keep(word: Word, argument: Argument): void {
    const given = this.#args.get(word);
    if (given === undefined) this.#args.set(word, [argument]);
    else given.push(argument);
  }

  #lookAtWords(): void {
    let optionsEnded = false;
    for (const word of this.#words) {
      const look: Look = optionsEnded ? { kind: 'argument' } : this.#look(word);
      optionsEnded ||= look.kind === 'end';
      this.#looks.push(look);
    }
    this.#pattern = this.#looks.map(({ kind }) => (kind === 'argument' ? 'A' : kind === 'end' ? '-' : 'O')).join('');
  }

  #look(word: Word): Look {
    const { value: text } = word;
    if (text === '--') return { kind: 'end' };
    if (!text.startsWith('-') || text.length === 1) {
      return text === '-' && this.#flags.has('-') ? this.#option(word, '-') : { kind: 'argument' };
    }
    if (this.#flags.has(text)) return this.#option(word, text);
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    const value = equals < 0 ? undefined : text.slice(equals + 1);
    if (equals >= 0 && this.#flags.has(name)) return this.#option(word, name, value);
    if (text.startsWith('--')) {
      const matches = [...this.#flags.keys()].filter((flag) => flag.startsWith(name));
      const [match] = matches;
      if (matches.length > 1) {
        throw new ArgumentProblem({
          code: 'KS_AMBIGUOUS_OPTION',
          message: `${name} could be several options of ${this.#whose.name}`,
          hint: `write it out: ${matches.join(', ')}`,
          word,
          pykickstart: `ambiguous option: ${text} could match ${matches.join(', ')}`,
        });
      }
      if (match !== undefined) return this.#option(word, match, value);
    } else if (this.#flags.has(text.slice(0, 2))) {
      return this.#option(word, text.slice(0, 2), text.slice(2));
    }
    if (/^-\p{Nd}+$|^-\p{Nd}*\.\p{Nd}+$/u.test(text) || text.includes(' ')) return { kind: 'argument' };
    return { kind: 'option', spec: undefined, flag: text };
  }

  #option(word: Word, flag: string, value?: string): Look {
    const spec = this.#flags.get(flag);
    if (spec?.deprecated) this.#deprecated.push({ spec, word });
    return { kind: 'option', spec, flag, ...(value === undefined ? {} : { value }) };
  }

  #takeOption(at: number): number {
    const look = this.#looks[at];
    const word = this.#words[at];
    if (word === undefined || look?.kind !== 'option') return at + 1;
    const { spec, flag, value } = look;
    if (spec === undefined) {
      this.#rest.push(word);
      return at + 1;
    }
    if (value !== undefined) {
      if (!takesValue(spec)) return this.#takeShortOptions(at, word, { spec, flag, value });
      // argparse takes the `--` away even here, and leaves an empty list.
      this.#set(spec, value === '--' ? [] : [{ ...word, value }], word);
      this.#give(word, { kind: 'option', spec, flag, value });
      return at + 1;
    }
    if (!takesValue(spec)) {
      this.#set(spec, [], word);
      this.#give(word, { kind: 'option', spec, flag, value: undefined });
      return at + 1;
    }
    const next = this.#words[at + 1];
    if (next !== undefined && this.#pattern[at + 1] === 'A') {
      this.#set(spec, [next], next);
      this.#keep(word, { kind: 'option', spec, flag, value: next.value, word: next });
      return at + 2;
    }
    if (spec.nargs !== '?') {
      throw new ArgumentProblem({
        code: 'KS_OPTION_VALUE',
        message: `${flag} needs a value`,
        hint: `write ${example(flag)}${next === undefined ? '' : '; a value that starts with a dash needs the ='}`,
        word,
        pykickstart: `argument ${nameOf(spec)}: expected one argument`,
      });
    }
    this.#set(spec, [], word);
    this.#give(word, { kind: 'option', spec, flag, value: undefined });
    return at + 1;
  }

  /** A flag that something is glued to: short options in one word (`-el`), or a value that it does not take. */
  #takeShortOptions(at: number, word: Word, given: { spec: OptionSpec; flag: string; value: string }): number {
    const { spec, flag, value } = given;
    const next = flag.startsWith('--') ? undefined : this.#flags.get(`-${value.charAt(0)}`);
    if (next === undefined) {
      throw new ArgumentProblem({
        code: 'KS_OPTION_VALUE',
        message: `${flag} takes no value`,
        hint: `write ${flag} alone`,
        word,
        pykickstart: `argument ${nameOf(spec)}: ignored explicit argument ${repr(value)}`,
      });
    }
    this.#set(spec, [], word);
    this.#give(word, { kind: 'option', spec, flag, value: undefined });
    const rest = value.slice(1);
    this.#looks[at] = this.#option(word, `-${value.charAt(0)}`, rest === '' ? undefined : rest);
    return this.#takeOption(at);
  }

  /** As many positional arguments as the run of words from `at` can fill, from the first on. */
  #takePositionals(at: number): number {
    if (this.#positionals.length === 0) return at;
    const rest = this.#pattern.slice(at);
    for (let count = this.#positionals.length; count > 0; count -= 1) {
      const taken = this.#positionals.slice(0, count);
      const match = new RegExp(`^${taken.map(patternOf).join('')}`).exec(rest);
      if (match === null) continue;
      let end = at;
      for (const [i, spec] of taken.entries()) {
        const start = end;
        end += match[i + 1]?.length ?? 0;
        const words = this.#words.slice(start, end);
        this.#set(spec, words, words[0]);
        let isEnded = false;
        for (const word of words) {
          // Of several `--` argparse takes the first one away.
          if (word.value === '--' && !isEnded) isEnded = true;
          else this.#give(word, { kind: 'positional', value: word.value });
        }
      }
      this.#positionals = this.#positionals.slice(count);
      return end;
    }
    return at;
  }

  #set(spec: OptionSpec, given: readonly Word[], at: Word | undefined): void {
    this.#seen.add(spec);
    const ended = given.findIndex((word) => word.value === '--');
    const words = ended < 0 || !spec.positional ? given : given.toSpliced(ended, 1);
    switch (spec.action ?? 'store') {
      case 'store_true':
        this.#values.set(spec.dest, true);
        break;
      case 'store_false':
        this.#values.set(spec.dest, false);
        break;
      case 'store_const':
        this.#values.set(spec.dest, spec.const);
        break;
      case 'append_const':
        this.#append(spec, [String(spec.const)]);
        break;
      case 'append':
        this.#append(spec, words.length === 0 ? ['[]'] : words.map((word) => word.value));
        break;
      case 'ExtendAction':
        this.#append(
          spec,
          words.flatMap((word) => listOf(this.#convert(spec, word, at))),
        );
        break;
      default:
        this.#values.set(spec.dest, this.#store(spec, words, at));
    }
  }

  #append({ dest }: OptionSpec, more: readonly string[]): void {
    const list = this.#lists.get(dest) ?? [...listOf(this.#values.get(dest))];
    append(list, more);
    this.#lists.set(dest, list);
    this.#values.set(dest, list);
  }

  #store(spec: OptionSpec, words: readonly Word[], at: Word | undefined): Value {
    const [first] = words;
    // The one option whose value may be left out (`mount --reformat`) then is simply on.
    const isList = spec.positional === true && spec.nargs !== undefined && spec.nargs !== '?';
    if (isList) return words.map((word) => String(this.#convert(spec, word, at)));
    if (first === undefined) return spec.positional ? defaultOf(spec) : spec.nargs === '?' ? true : [];
    return this.#convert(spec, first, at);
  }

  #convert(spec: OptionSpec, { value: text }: Word, word: Word | undefined): Value {
    const name = spec.flags[0] ?? spec.dest;
    let value: Value;
    try {
      value = convert(spec, text);
    } catch (error) {
      if (!(error instanceof ValueProblem)) throw error;
      throw new ArgumentProblem({
        code: 'KS_OPTION_VALUE',
        message: `${name} needs ${error.wanted}, not ${JSON.stringify(text)}`,
        hint: writeOneOf(spec, error.examples),
        word,
        pykickstart: error.raw ? error.message : `argument ${nameOf(spec)}: ${error.message}`,
      });
    }
    if (spec.choices !== undefined && !spec.choices.includes(String(value))) {
      const choices = spec.choices.map(repr).join(', ');
      throw new ArgumentProblem({
        code: 'KS_OPTION_VALUE',
        message: `${name} cannot be ${JSON.stringify(text)}`,
        hint: writeOneOf(spec, spec.choices),
        word,
        pykickstart: `argument ${nameOf(spec)}: invalid choice: ${repr(String(value))} (choose from ${choices})`,
      });
    }
    return value;
  }

  #checkRequired(): void {
    const missing = this.#required.filter((spec) => !this.#seen.has(spec));
    if (missing.length === 0) return;
    const names = missing.map((spec) => spec.flags.join(' or ') || `its ${spec.dest}`);
    throw new ArgumentProblem({
      code: 'KS_MISSING_ARGUMENT',
      message: `${this.#whose.name} needs ${names.join(' and ')}`,
      hint: missing.some(({ positional }) => positional)
        ? `write ${[this.#whose.name, ...this.#required.map((spec) => example(spec.flags[0] ?? spec.dest))].join(' ')}`
        : `add ${missing.map(({ flags }) => example(flags[0] ?? '')).join(' ')}`,
      pykickstart: `the following arguments are required: ${missing.map(nameOf).join(', ')}`,
    });
  }
}

/** `write --size=NUMBER`, `write --x=yes or --x=no`, `write one of a, b, c`. */
function writeOneOf({ flags: [flag] }: OptionSpec, values: readonly string[]): string {
  if (values.length > 2) return `write one of ${values.join(', ')}`;
  return `write ${values.map((value) => (flag === undefined ? value : `${flag}=${value}`)).join(' or ')}`;
}

/** What the options of a command amount to, before any line. */
interface Grammar {
  readonly flags: ReadonlyMap<string, OptionSpec>;
  readonly positionals: readonly OptionSpec[];
  readonly required: readonly OptionSpec[];
  readonly defaults: Attributes;
}

const grammars = new WeakMap<readonly OptionSpec[], Grammar>();

function grammarOf(specs: readonly OptionSpec[]): Grammar {
  const known = grammars.get(specs);
  if (known !== undefined) return known;
  const defaults: Attributes = new Map();
  for (const spec of specs) if (!defaults.has(spec.dest)) defaults.set(spec.dest, defaultOf(spec));
  const grammar: Grammar = {
    flags: new Map(specs.flatMap((spec) => spec.flags.map((flag) => [flag, spec] as const))),
    positionals: specs.filter((spec) => spec.positional),
    required: specs.filter((spec) => spec.required),
    defaults,
  };
  grammars.set(specs, grammar);
  return grammar;
}

function defaultOf(spec: OptionSpec): Value {
  if (spec.default === null) return undefined;
  if (spec.default !== undefined) return spec.default;
  return spec.action === 'store_true' ? false : undefined;
}

function nameOf(spec: OptionSpec): string {
  return spec.flags.length > 0 ? spec.flags.join('/') : spec.dest;
}

/** How many words a positional argument takes, as a pattern over argparse's A (argument) and - (end of options). */
function patternOf(spec: OptionSpec): string {
  const { nargs } = spec;
  if (nargs === '*') return '(-*[A-]*)';
  if (nargs === '?') return '(-*A?-*)';
  if (typeof nargs === 'number') return `(-*${Array.from({ length: nargs }, () => 'A').join('-*')}-*)`;
  return '(-*A-*)';
}

/** Adds all of `more`. To spread it as arguments would overflow the stack with a line of a hundred thousand words. */
function append<T>(list: T[], more: readonly T[]): void {
  for (const one of more) list.push(one);
}
