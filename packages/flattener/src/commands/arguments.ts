import type { DiagnosticCode } from '../diagnostics.ts';
import { suggest } from '../suggest.ts';
import type { Word } from '../words.ts';
import { type OptionSpec, collects, takesValue } from './table.ts';

/** One argument of a command line, understood. */
export type Argument =
  | { readonly kind: 'option'; readonly spec: OptionSpec; readonly flag: string; readonly value: string | undefined }
  | { readonly kind: 'positional'; readonly value: string };

export interface ArgumentProblem {
  readonly code: Extract<
    DiagnosticCode,
    'KS_UNKNOWN_OPTION' | 'KS_AMBIGUOUS_OPTION' | 'KS_OPTION_VALUE' | 'KS_MISSING_ARGUMENT' | 'KS_UNEXPECTED_ARGUMENT'
  >;
  readonly message: string;
  readonly hint: string;
  /** The word that is wrong; `undefined`: the line as a whole. */
  readonly word: Word | undefined;
}

export interface ArgumentsRead {
  readonly args: readonly Argument[];
  readonly problems: readonly ArgumentProblem[];
}

/**
 * Reads the words after a command or section name as Python's argparse does: unique prefixes of options, `--o=v` and
 * `--o v`, `--` before arguments that look like options.
 *
 * @param name for messages: `part`, `%post`
 */
export function readArguments(name: string, specs: readonly OptionSpec[], words: readonly Word[]): ArgumentsRead {
  const problems: ArgumentProblem[] = [];
  const args: Argument[] = [];
  const flags = new Map(specs.flatMap((spec) => spec.flags.map((flag) => [flag, spec] as const)));
  let optionsEnded = false;

  let at = 0;
  for (let word = words[at]; word !== undefined; at += 1, word = words[at]) {
    if (optionsEnded || !looksLikeOption(word.value)) {
      args.push({ kind: 'positional', value: word.value });
      continue;
    }
    if (word.value === '--') {
      optionsEnded = true;
      continue;
    }
    const equals = word.value.indexOf('=');
    const typed = equals < 0 ? word.value : word.value.slice(0, equals);
    const given = equals < 0 ? undefined : word.value.slice(equals + 1);
    const matches = flags.has(typed) ? [typed] : [...flags.keys()].filter((flag) => flag.startsWith(typed));
    const specsMatched = new Set(matches.map((flag) => flags.get(flag)));
    const flag = matches[0];
    const spec = flag === undefined ? undefined : flags.get(flag);
    if (flag === undefined || spec === undefined) {
      if (word.value.includes(' ')) args.push({ kind: 'positional', value: word.value });
      else problems.push(unknownOption(name, typed, [...flags.keys()], word));
      continue;
    }
    if (specsMatched.size > 1) {
      const hint = `write it out: ${matches.join(', ')}`;
      problems.push({
        code: 'KS_AMBIGUOUS_OPTION',
        message: `${typed} could be several options of ${name}`,
        hint,
        word,
      });
      continue;
    }
    if (!takesValue(spec)) {
      if (given !== undefined) {
        const hint = `write ${flag} alone`;
        problems.push({ code: 'KS_OPTION_VALUE', message: `${flag} takes no value`, hint, word });
      }
      args.push({ kind: 'option', spec, flag, value: undefined });
      continue;
    }
    let value = given;
    const next = words[at + 1];
    if (value === undefined && next !== undefined && !looksLikeOption(next.value)) {
      value = next.value;
      at += 1;
    }
    if (value === undefined && spec.nargs !== '?') {
      const hint = `write ${flag}=VALUE`;
      problems.push({ code: 'KS_OPTION_VALUE', message: `${flag} needs a value`, hint, word });
      continue;
    }
    const wrong = value === undefined ? undefined : checkValue(flag, spec, value);
    if (wrong !== undefined) problems.push({ code: 'KS_OPTION_VALUE', ...wrong, word });
    args.push({ kind: 'option', spec, flag, value });
  }
  const lastOnly = withoutRepetition(args);
  problems.push(...checkCompleteness(name, specs, lastOnly, words));
  return { args: lastOnly, problems };
}

/** As argparse decides it: a dash, but neither a negative number nor (an option never has one) a lone dash. */
function looksLikeOption(value: string): boolean {
  return value.length > 1 && value.startsWith('-') && !/^-\d+$|^-\d*\.\d+$/.test(value);
}

function unknownOption(name: string, typed: string, flags: readonly string[], word: Word): ArgumentProblem {
  const near = suggest(typed, flags);
  const hint = near
    ? `did you mean ${near}?`
    : flags.length === 0
      ? `${name} takes no options`
      : `${name} takes ${flags.toSorted().join(', ')}`;
  return { code: 'KS_UNKNOWN_OPTION', message: `${name} has no option ${typed}`, hint, word };
}

function checkValue(flag: string, spec: OptionSpec, value: string): { message: string; hint: string } | undefined {
  if (spec.type === 'int' && !/^\s*[+-]?\d+(_\d+)*\s*$/.test(value)) {
    return { message: `${flag} needs a whole number, not "${value}"`, hint: `write ${flag}=NUMBER` };
  }
  if (spec.type === 'ksboolean' && !/^(on|yes|true|1|off|no|false|0)$/i.test(value)) {
    return { message: `${flag} needs yes or no, not "${value}"`, hint: `write ${flag}=yes or ${flag}=no` };
  }
  if (spec.choices !== undefined && !spec.choices.includes(value)) {
    const hint = `write one of ${spec.choices.join(', ')}`;
    return { message: `${flag} cannot be "${value}"`, hint };
  }
  return undefined;
}

/** Of an option given twice in one line the last one counts, unless it collects values. */
function withoutRepetition(args: readonly Argument[]): Argument[] {
  const last = new Map<string, Argument>();
  for (const arg of args) if (arg.kind === 'option' && !collects(arg.spec)) last.set(arg.spec.dest, arg);
  return args.filter((arg) => arg.kind === 'positional' || collects(arg.spec) || last.get(arg.spec.dest) === arg);
}

function checkCompleteness(
  name: string,
  specs: readonly OptionSpec[],
  args: readonly Argument[],
  words: readonly Word[],
): ArgumentProblem[] {
  const problems: ArgumentProblem[] = [];
  for (const spec of specs) {
    if (!spec.required || spec.positional) continue;
    if (args.some((arg) => arg.kind === 'option' && arg.spec.dest === spec.dest)) continue;
    const flag = spec.flags.join(' or ');
    const message = `${name} needs ${flag}`;
    problems.push({ code: 'KS_MISSING_ARGUMENT', message, hint: `add ${spec.flags[0]}=VALUE`, word: undefined });
  }
  const expected = specs.filter((spec) => spec.positional);
  const given = args.filter((arg) => arg.kind === 'positional');
  const isOpen = expected.some((spec) => spec.nargs === '*');
  const least = expected.filter((spec) => spec.nargs === undefined || typeof spec.nargs === 'number').length;
  if (given.length < least) {
    const missing = expected[given.length]?.dest ?? 'argument';
    const hint = `write ${name} ${expected.map((spec) => spec.dest.toUpperCase()).join(' ')}`;
    problems.push({ code: 'KS_MISSING_ARGUMENT', message: `${name} needs its ${missing}`, hint, word: undefined });
  }
  if (!isOpen && given.length > expected.length) {
    const value = given[expected.length]?.value ?? '';
    const word = words.find((w) => w.value === value);
    const hint = expected.length === 0 ? `${name} takes options only` : 'quote an argument that has blanks';
    problems.push({ code: 'KS_UNEXPECTED_ARGUMENT', message: `${name} does not expect "${value}"`, hint, word });
  }
  return problems;
}
