import { type OptionSpec, takesValue } from '../commands/table.ts';
import type { Word } from '../words.ts';
import { repr } from './python.ts';
import { type Attributes, type Value, ValueProblem, convert, listOf } from './values.ts';

/** A line that its option parser refuses. */
export class ArgumentProblem extends Error {
  override readonly name = 'ArgumentProblem';
  /** The word that is wrong; `undefined`: the line as a whole. */
  readonly word: Word | undefined;

  constructor(message: string, word?: Word) {
    super(message);
    this.word = word;
  }
}

export interface Namespace {
  /** By `dest`; every `dest` is there, with its default when the line does not set it. */
  readonly values: Attributes;
  /** What no option and no positional argument takes. */
  readonly rest: readonly Word[];
  /** Deprecated options that are used, by their first name. */
  readonly deprecated: readonly string[];
}

/** How a word looks to argparse: an option, with its value behind `=`; an argument; or the `--` that ends options. */
type Look =
  | { readonly kind: 'argument' | 'end' }
  | { readonly kind: 'option'; readonly spec: OptionSpec | undefined; readonly flag: string; readonly value?: string };

/**
 * Reads words the way `argparse.ArgumentParser.parse_known_args` of Python 3.11 does, order of consumption included:
 * a positional argument that may be empty is used up, empty, by the first run of arguments.
 *
 * @throws {ArgumentProblem} with argparse's message
 */
export function parseKnownArguments(specs: readonly OptionSpec[], words: readonly Word[]): Namespace {
  return new Parser(specs, words).run();
}

/**
 * The same, where everything has to be taken.
 *
 * @throws {ArgumentProblem}
 */
export function parseArguments(specs: readonly OptionSpec[], words: readonly Word[]): Namespace {
  const namespace = parseKnownArguments(specs, words);
  const [first] = namespace.rest;
  if (first === undefined) return namespace;
  throw new ArgumentProblem(`unrecognized arguments: ${namespace.rest.map((word) => word.value).join(' ')}`, first);
}

class Parser {
  readonly #words: readonly Word[];
  readonly #required: readonly OptionSpec[];
  readonly #flags: ReadonlyMap<string, OptionSpec>;
  readonly #looks: Look[] = [];
  readonly #pattern: string;
  readonly #values: Attributes;
  readonly #lists = new Map<string, string[]>();
  readonly #seen = new Set<OptionSpec>();
  readonly #rest: Word[] = [];
  readonly #deprecated: string[] = [];
  #positionals: readonly OptionSpec[];

  constructor(specs: readonly OptionSpec[], words: readonly Word[]) {
    const { flags, positionals, required, defaults } = grammarOf(specs);
    this.#words = words;
    this.#flags = flags;
    this.#positionals = positionals;
    this.#required = required;
    this.#values = new Map(defaults);
    let optionsEnded = false;
    for (const word of words) {
      const look: Look = optionsEnded ? { kind: 'argument' } : this.#look(word);
      optionsEnded ||= look.kind === 'end';
      this.#looks.push(look);
    }
    this.#pattern = this.#looks.map(({ kind }) => (kind === 'argument' ? 'A' : kind === 'end' ? '-' : 'O')).join('');
  }

  run(): Namespace {
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
        this.#rest.push(...this.#words.slice(at, next));
        at = next;
      }
      at = this.#takeOption(at);
    }
    const end = this.#takePositionals(at);
    this.#rest.push(...this.#words.slice(end));
    this.#checkRequired();
    return { values: this.#values, rest: this.#rest, deprecated: this.#deprecated };
  }

  #look(word: Word): Look {
    const { value: text } = word;
    if (text === '--') return { kind: 'end' };
    if (!text.startsWith('-') || text.length === 1) {
      return text === '-' && this.#flags.has('-') ? this.#option('-') : { kind: 'argument' };
    }
    if (this.#flags.has(text)) return this.#option(text);
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    const value = equals < 0 ? undefined : text.slice(equals + 1);
    if (equals >= 0 && this.#flags.has(name)) return this.#option(name, value);
    if (text.startsWith('--')) {
      const matches = [...this.#flags.keys()].filter((flag) => flag.startsWith(name));
      const [match] = matches;
      if (matches.length > 1) {
        throw new ArgumentProblem(`ambiguous option: ${text} could match ${matches.join(', ')}`, word);
      }
      if (match !== undefined) return this.#option(match, value);
    } else if (this.#flags.has(text.slice(0, 2))) {
      return this.#option(text.slice(0, 2), text.slice(2));
    }
    if (/^-\p{Nd}+$|^-\p{Nd}*\.\p{Nd}+$/u.test(text) || text.includes(' ')) return { kind: 'argument' };
    return { kind: 'option', spec: undefined, flag: text };
  }

  #option(flag: string, value?: string): Look {
    const spec = this.#flags.get(flag);
    if (spec?.deprecated) this.#deprecated.push(spec.flags[0] ?? flag);
    return { kind: 'option', spec, flag, ...(value === undefined ? {} : { value }) };
  }

  #takeOption(at: number): number {
    const look = this.#looks[at];
    const word = this.#words[at];
    if (word === undefined || look?.kind !== 'option') return at + 1;
    const { spec, value } = look;
    if (spec === undefined) {
      this.#rest.push(word);
      return at + 1;
    }
    const name = nameOf(spec);
    if (value !== undefined) {
      if (!takesValue(spec)) {
        const next = look.flag.startsWith('--') ? undefined : this.#flags.get(`-${value.charAt(0)}`);
        if (next === undefined) {
          throw new ArgumentProblem(`argument ${name}: ignored explicit argument ${repr(value)}`, word);
        }
        // Short options in one word: `-el`.
        this.#set(spec, []);
        const rest = value.slice(1);
        this.#looks[at] = this.#option(`-${value.charAt(0)}`, rest === '' ? undefined : rest);
        return this.#takeOption(at);
      }
      // argparse takes the `--` away even here, and leaves an empty list.
      this.#set(spec, value === '--' ? [] : [{ ...word, value }]);
      return at + 1;
    }
    if (!takesValue(spec)) {
      this.#set(spec, []);
      return at + 1;
    }
    const next = this.#words[at + 1];
    if (next !== undefined && this.#pattern[at + 1] === 'A') {
      this.#set(spec, [next]);
      return at + 2;
    }
    if (spec.nargs !== '?') throw new ArgumentProblem(`argument ${name}: expected one argument`, word);
    this.#set(spec, []);
    return at + 1;
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
        this.#set(spec, this.#words.slice(start, end));
      }
      this.#positionals = this.#positionals.slice(count);
      return end;
    }
    return at;
  }

  #set(spec: OptionSpec, given: readonly Word[]): void {
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
          words.flatMap((word) => listOf(this.#convert(spec, word))),
        );
        break;
      default:
        this.#values.set(spec.dest, this.#store(spec, words));
    }
  }

  #append({ dest }: OptionSpec, more: readonly string[]): void {
    const list = this.#lists.get(dest) ?? [...listOf(this.#values.get(dest))];
    list.push(...more);
    this.#lists.set(dest, list);
    this.#values.set(dest, list);
  }

  #store(spec: OptionSpec, words: readonly Word[]): Value {
    const [first] = words;
    // The one option whose value may be left out (`mount --reformat`) then is simply on.
    const isList = spec.positional === true && spec.nargs !== undefined && spec.nargs !== '?';
    if (isList) return words.map((word) => String(this.#convert(spec, word)));
    if (first === undefined) return spec.positional ? defaultOf(spec) : spec.nargs === '?' ? true : [];
    return this.#convert(spec, first);
  }

  #convert(spec: OptionSpec, word: Word): Value {
    let value: Value;
    try {
      value = convert(spec, word.value);
    } catch (error) {
      if (!(error instanceof ValueProblem)) throw error;
      throw new ArgumentProblem(error.raw ? error.message : `argument ${nameOf(spec)}: ${error.message}`, word);
    }
    if (spec.choices !== undefined && !spec.choices.includes(String(value))) {
      const choices = spec.choices.map(repr).join(', ');
      const message = `argument ${nameOf(spec)}: invalid choice: ${repr(String(value))} (choose from ${choices})`;
      throw new ArgumentProblem(message, word);
    }
    return value;
  }

  #checkRequired(): void {
    const missing = this.#required.filter((spec) => !this.#seen.has(spec));
    if (missing.length === 0) return;
    throw new ArgumentProblem(`the following arguments are required: ${missing.map(nameOf).join(', ')}`);
  }
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
