import { strip } from '../blanks.ts';
import type { DiagnosticCode } from '../diagnostics.ts';
import type { Word } from '../words.ts';
import { type Namespace, parseArguments, parseKnownArguments } from './argparse.ts';
import { type Argument, plainArguments } from './arguments.ts';
import { deprecatedOption, unknownOption } from './history.ts';
import { type Layout, layout, printLayout } from './layout.ts';
import { ArgumentProblem, type ProblemDetails } from './problem.ts';
import { reprList } from './python.ts';
import type { CommandSpec, OptionSpec } from './table.ts';
import type { Attributes } from './values.ts';

/** One command line on its way into its handler. */
export interface CommandInput {
  readonly name: string;
  /** The name as it stands in the line. */
  readonly word: Word;
  readonly spec: CommandSpec;
  readonly release: string;
  /** What follows the name. */
  readonly words: readonly Word[];
  /** The line as it stands in its file. */
  readonly line: string;
  /** Takes a warning. May throw, where a warning is as good as an error. */
  readonly warn: (warning: Warning) => void;
}

/** What ksvalidator counts as an error, and ksflatten goes on after. */
export interface Warning extends ProblemDetails {
  readonly kind: 'duplicate' | 'deprecated';
  /** pykickstart warns, and nothing is wrong: only its own tools report it. */
  readonly isHarmless?: boolean;
}

export interface Duplicate {
  readonly key: string;
  readonly message: string;
  readonly isRefused?: true;
  /** The line says nothing that another one of the same key could contradict: see {@link Warning.isHarmless}. */
  readonly isHarmless?: boolean;
}

/** What pykickstart's handler classes do in code, for all releases. */
export interface Handler {
  /** Whether what argparse leaves over is not an error by itself. */
  readonly known?: true;
  /** Attributes before any line. */
  readonly initial?: Readonly<Record<string, string>>;
  /** Reads the words in its own way, instead of argparse. */
  readonly parse?: (input: CommandInput, attributes: Attributes) => void;
  /** Checks and completes the attributes that a line gave. @throws {ArgumentProblem} */
  readonly check?: (attributes: Attributes, input: CommandInput, namespace: Namespace) => void;
  /** Among lines of an accumulating command: what should be there only once; a few refuse a second one. */
  readonly duplicate?: (attributes: Attributes, args: readonly Argument[]) => Duplicate | undefined;
  /** Not printed unless this holds. */
  readonly isPrinted?: (attributes: Attributes) => boolean;
  /** The comment above it is only printed when this holds. */
  readonly hasHeader?: (attributes: Attributes) => boolean;
  /** Not printed without anything behind its name. */
  readonly needsArguments?: true;
  /** How it is printed; a layout as {@link layout} reads it. */
  readonly print: Layout | ((attributes: Attributes, spec: CommandSpec, release: string) => string | undefined);
}

/** A handler that is all layout. */
export function printed(text: string, rest: Omit<Handler, 'print'> = {}): Handler {
  return { ...rest, print: layout(text) };
}

/** Refuses a line: what is wrong, and what to write instead. */
export function refuse(
  message: string,
  hint: string,
  { code = 'KS_OPTION_RULE', word }: { code?: DiagnosticCode; word?: Word | undefined } = {},
): never {
  throw new ArgumentProblem({ code, message, hint, word });
}

/** Refuses what argparse left over. */
export function refuseRest({ name, release, spec }: Whose, { rest }: Pick<Namespace, 'rest'>): void {
  const word = rest.find(({ value }) => value.startsWith('-')) ?? rest[0];
  if (word === undefined) return;
  const pykickstart = `Unexpected arguments to ${name} command: ${reprList(rest.map(({ value }) => value))}`;
  if (word.value.startsWith('-')) {
    const [typed = ''] = word.value.split('=', 1);
    throw new ArgumentProblem({ ...unknownOption({ name, release }, typed, spec.options), word, pykickstart });
  }
  const message = `${name} does not expect "${word.value}"`;
  const hint = 'remove it; quote an argument that has blanks';
  throw new ArgumentProblem({ code: 'KS_UNEXPECTED_ARGUMENT', message, hint, word, pykickstart });
}

/** The command whose words are refused. */
interface Whose {
  readonly name: string;
  readonly release: string;
  readonly spec: { readonly options: readonly OptionSpec[] };
}

/**
 * Lets a line set its attributes: those of the command, or of a new entry of it.
 *
 * @returns what the line says, argument by argument
 * @throws {ArgumentProblem} with the arguments that were understood
 */
export function readCommand(handler: Handler, input: CommandInput, attributes: Attributes): readonly Argument[] {
  if (handler.parse !== undefined) {
    handler.parse(input, attributes);
    return plainArguments(input.words);
  }
  const read = handler.known ? parseKnownArguments : parseArguments;
  const namespace = read(input, input.spec.options, input.words);
  try {
    for (const { spec, word } of namespace.deprecated) {
      input.warn({ kind: 'deprecated', ...deprecatedOption(input, spec.flags[0] ?? spec.dest), word });
    }
    for (const [dest, value] of namespace.values) if (value !== undefined) attributes.set(dest, value);
    handler.check?.(attributes, input, namespace);
  } catch (error) {
    if (error instanceof ArgumentProblem) error.args = namespace.args;
    throw error;
  }
  return namespace.args;
}

/** The flat line of a command; `undefined` when it prints nothing. */
export function printCommand(
  handler: Handler,
  attributes: Attributes,
  spec: CommandSpec,
  release: string,
): string | undefined {
  if (handler.isPrinted?.(attributes) === false) return undefined;
  if (typeof handler.print === 'function') return handler.print(attributes, spec, release);
  const words = printLayout(handler.print, attributes, spec);
  return handler.needsArguments && words.length === 1 ? undefined : words.join(' ');
}

/** What follows the name in the line as written; pykickstart counts from the line's start, indented or not. */
export function asWritten({ line, name }: CommandInput): string {
  return strip(line.slice(name.length));
}

/** Whether a release is at least as new as this Fedora or this RHEL. */
export function since(release: string, fedora: number, rhel: number): boolean {
  return release.startsWith('RHEL') ? Number(release.slice(4)) >= rhel : Number(release.slice(1)) >= fedora;
}

/** Whether a release is a RHEL, up to this one. */
export function isRhelUntil(release: string, last: number): boolean {
  return release.startsWith('RHEL') && Number(release.slice(4)) <= last;
}
