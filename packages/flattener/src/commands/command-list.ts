import { type Position, describe } from '../source.ts';
import type { Argument } from './arguments.ts';
import { type CommandInput, type Duplicate, type Handler, printCommand, readCommand } from './handler.ts';
import { HANDLERS } from './handlers/index.ts';
import { deprecatedCommand, removedCommand, unknownCommand } from './history.ts';
import { ArgumentProblem, type ProblemDetails } from './problem.ts';
import type { CommandSpec, Release } from './table.ts';
import type { Attributes } from './values.ts';

/** One handler at work: commands that share it (`reboot`, `halt`...) are one object. */
interface State {
  /** Of the name that was used last. */
  spec: CommandSpec;
  readonly handler: Handler;
  /** What its lines said, one after the other; unused by an accumulating command. */
  readonly attributes: Attributes;
  /** An accumulating command prints each line by itself. */
  readonly printed: string[];
  /** What should be there only once, and where it was first, if that was said. */
  readonly keys: Map<string, { readonly at: Position | undefined; readonly isHarmless: boolean }>;
  isSeen: boolean;
}

/** The commands of a kickstart, read and merged as the handlers of its release do it. */
export class CommandList {
  readonly #release: Release;
  readonly #states = new Map<string, State>();

  constructor(release: Release) {
    this.#release = release;
    const bootloader = release.commands.get('bootloader');
    if (bootloader !== undefined) this.#state(bootloader);
  }

  /**
   * Reads one line.
   *
   * @returns what it says, argument by argument
   * @throws {ArgumentProblem} when its release refuses it
   */
  add(input: Omit<CommandInput, 'spec' | 'release'> & { readonly at?: Position }): readonly Argument[] {
    const { name, word, warn } = input;
    const { release, commands } = this.#release;
    const spec = commands.get(name);
    if (spec === undefined) {
      const pykickstart = `Unknown command: ${name}`;
      throw new ArgumentProblem({ ...unknownCommand(name, release, commands.keys()), word, pykickstart });
    }
    const state = this.#state(spec);
    state.isSeen = true;
    state.spec = spec;
    if (spec.removed) throw new ArgumentProblem({ ...removedCommand(name, release), word });
    if (spec.deprecated) {
      warn({ kind: 'deprecated', ...deprecatedCommand(name, release), word });
      return [];
    }
    const args = this.#read(state, { ...input, spec, release });
    this.#checkConflicts(name, spec, args);
    return args;
  }

  #read(state: State, input: CommandInput & { readonly at?: Position }): readonly Argument[] {
    const { handler, keys, spec } = state;
    if (!spec.accumulates) return readCommand(handler, input, state.attributes);
    const attributes: Attributes = new Map();
    const args = readCommand(handler, input, attributes);
    const duplicate = handler.duplicate?.(attributes, args);
    if (duplicate !== undefined) {
      const isHarmless = duplicate.isHarmless === true;
      const first = keys.get(duplicate.key);
      if (first === undefined) keys.set(duplicate.key, { at: input.at, isHarmless });
      else if (duplicate.isRefused) throw new ArgumentProblem(duplicateProblem(duplicate, first.at));
      else {
        const problem = duplicateProblem(duplicate, first.at);
        input.warn({ kind: 'duplicate', ...problem, isHarmless: isHarmless || first.isHarmless });
      }
    }
    const line = printCommand(handler, attributes, spec, this.#release.release);
    if (line !== undefined) state.printed.push(line);
    return args;
  }

  #state(spec: CommandSpec): State {
    const known = this.#states.get(spec.handler);
    if (known !== undefined) return known;
    const handler = HANDLERS[spec.handler] ?? UNKNOWN;
    const attributes: Attributes = new Map(Object.entries(handler.initial ?? {}));
    const state: State = { spec, handler, attributes, printed: [], keys: new Map(), isSeen: false };
    this.#states.set(spec.handler, state);
    return state;
  }

  #checkConflicts(name: string, spec: CommandSpec, args: readonly Argument[]): void {
    for (const other of spec.conflictsWith ?? []) {
      const handler = this.#release.commands.get(other)?.handler;
      if (handler === undefined || this.#states.get(handler)?.isSeen !== true) continue;
      const problem = new ArgumentProblem({
        code: 'KS_CONFLICT',
        message: `${name} and ${other} cannot be used together`,
        hint: 'remove one of them',
        pykickstart: `The ${name} and ${other} commands can't be used at the same time.`,
      });
      problem.args = args;
      throw problem;
    }
  }

  /** The handlers whose lines leave no trace in the flat kickstart. */
  silent(): string[] {
    const silent = [...this.#states.values()].filter((state) => {
      const { spec, isSeen } = state;
      return isSeen && !spec.removed && !spec.deprecated && this.#lines(state).length === 0;
    });
    return silent.map(({ spec }) => spec.handler);
  }

  /** In ksflatten's order: by write priority, then by handler; each handler with its comment above. */
  print(): string {
    const states = [...this.#states.values()].filter(({ spec }) => spec.priority !== undefined);
    const order = states.toSorted(
      (a, b) => (a.spec.priority ?? 0) - (b.spec.priority ?? 0) || (a.spec.handler < b.spec.handler ? -1 : 1),
    );
    return order.map((state) => this.#print(state)).join('');
  }

  #print(state: State): string {
    const { spec, handler, isSeen } = state;
    if ((!isSeen && handler.initial === undefined) || spec.removed || spec.deprecated) return '';
    const lines = this.#lines(state);
    if (lines.length === 0) return '';
    const hasHeader = spec.header !== undefined && handler.hasHeader?.(state.attributes) !== false;
    return [...(hasHeader ? [spec.header] : []), ...lines, ''].join('\n');
  }

  #lines({ spec, handler, attributes, printed }: State): readonly string[] {
    if (spec.accumulates) return printed;
    const line = printCommand(handler, attributes, spec, this.#release.release);
    return line === undefined ? [] : [line];
  }
}

/** What to say of a second line about the same thing. */
function duplicateProblem({ message, isRefused }: Duplicate, first: Position | undefined): ProblemDetails {
  const where = first === undefined ? message : `${message.replace(/[.!]$/, '')}, at ${describe(first)}`;
  const hint = isRefused ? 'remove one of the two lines' : 'both lines are kept: remove one';
  return { code: 'KS_DUPLICATE', message: where, hint, pykickstart: message };
}

const UNKNOWN: Handler = { print: () => undefined };
