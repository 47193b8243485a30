import { strip } from '../blanks.ts';
import type { CommandSpec } from '../commands/table.ts';
import type { Word } from '../words.ts';
import { ArgumentProblem, type Namespace, parseArguments, parseKnownArguments } from './argparse.ts';
import { type Layout, layout, printLayout } from './layout.ts';
import { reprList } from './python.ts';
import type { Attributes } from './values.ts';

/** One command line on its way into its handler. */
export interface CommandInput {
  readonly name: string;
  readonly spec: CommandSpec;
  readonly release: string;
  /** What follows the name. */
  readonly words: readonly Word[];
  /** The line as it stands in its file. */
  readonly line: string;
  /** Takes a warning, which ksvalidator counts as an error. */
  readonly warn: (warning: Warning) => void;
}

export interface Warning {
  readonly kind: 'duplicate' | 'deprecated';
  readonly message: string;
}

export interface Duplicate {
  readonly key: string;
  readonly message: string;
  readonly isRefused?: true;
}

/** What pykickstart's handler classes do in code, for all releases. */
export interface Handler {
  /** Whether what argparse leaves over is no error by itself. */
  readonly known?: true;
  /** Attributes before any line. */
  readonly initial?: Readonly<Record<string, string>>;
  /** Reads the words in its own way, instead of argparse. */
  readonly parse?: (input: CommandInput, attributes: Attributes) => void;
  /** Checks and completes the attributes that a line gave. @throws {ArgumentProblem} */
  readonly check?: (attributes: Attributes, input: CommandInput, namespace: Namespace) => void;
  /** Among lines of an accumulating command: what should be there only once; a few refuse a second one. */
  readonly duplicate?: (attributes: Attributes) => Duplicate | undefined;
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

/** Refuses a line. */
export function refuse(message: string, word?: Word): never {
  throw new ArgumentProblem(message, word);
}

/** Refuses what argparse left over. */
export function refuseRest(name: string, { rest }: Namespace): void {
  const [first] = rest;
  if (first === undefined) return;
  refuse(`Unexpected arguments to ${name} command: ${reprList(rest.map(({ value }) => value))}`, first);
}

/**
 * Lets a line set its attributes: those of the command, or of a new entry of it.
 *
 * @throws {ArgumentProblem}
 */
export function readCommand(handler: Handler, input: CommandInput, attributes: Attributes): void {
  if (handler.parse !== undefined) {
    handler.parse(input, attributes);
    return;
  }
  const read = handler.known ? parseKnownArguments : parseArguments;
  const namespace = read(input.spec.options, input.words);
  for (const option of namespace.deprecated) {
    input.warn({ kind: 'deprecated', message: `The option ${option} of ${input.name} is deprecated and ignored.` });
  }
  for (const [dest, value] of namespace.values) if (value !== undefined) attributes.set(dest, value);
  handler.check?.(attributes, input, namespace);
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
