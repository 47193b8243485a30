import type { CommandSpec, Release } from '../commands/table.ts';
import { ArgumentProblem } from './argparse.ts';
import { type CommandInput, type Handler, printCommand, readCommand } from './handler.ts';
import { HANDLERS } from './handlers/index.ts';
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
  /** What should be there only once. */
  readonly keys: Set<string>;
  isSeen: boolean;
}

/** The commands of a kickstart, merged as pykickstart's handlers do it. */
export class CommandList {
  readonly #release: Release;
  readonly #states = new Map<string, State>();

  constructor(release: Release) {
    this.#release = release;
    const bootloader = release.commands.get('bootloader');
    if (bootloader !== undefined) this.#state(bootloader);
  }

  /**
   * @throws {ArgumentProblem} when pykickstart refuses the line
   */
  add(input: Omit<CommandInput, 'spec' | 'release'>): void {
    const { name, warn } = input;
    const spec = this.#release.commands.get(name);
    if (spec === undefined) throw new ArgumentProblem(`Unknown command: ${name}`);
    const state = this.#state(spec);
    state.isSeen = true;
    state.spec = spec;
    this.#checkConflicts(name, spec);
    if (spec.removed) throw new ArgumentProblem(`${name} has been removed.`);
    if (spec.deprecated) {
      warn({ kind: 'deprecated', message: `The ${name} command has been deprecated and no longer has any effect.` });
      return;
    }
    this.#read(state, { ...input, spec, release: this.#release.release });
  }

  #read(state: State, input: CommandInput): void {
    const { handler, keys, spec } = state;
    if (!spec.accumulates) {
      readCommand(handler, input, state.attributes);
      return;
    }
    const attributes: Attributes = new Map();
    readCommand(handler, input, attributes);
    const duplicate = handler.duplicate?.(attributes);
    if (duplicate !== undefined) {
      if (keys.has(duplicate.key)) {
        if (duplicate.isRefused) throw new ArgumentProblem(duplicate.message);
        input.warn({ kind: 'duplicate', message: duplicate.message });
      }
      keys.add(duplicate.key);
    }
    const line = printCommand(handler, attributes, spec, this.#release.release);
    if (line !== undefined) state.printed.push(line);
  }

  #state(spec: CommandSpec): State {
    const known = this.#states.get(spec.handler);
    if (known !== undefined) return known;
    const handler = HANDLERS[spec.handler] ?? UNKNOWN;
    const attributes: Attributes = new Map(Object.entries(handler.initial ?? {}));
    const state: State = { spec, handler, attributes, printed: [], keys: new Set(), isSeen: false };
    this.#states.set(spec.handler, state);
    return state;
  }

  #checkConflicts(name: string, spec: CommandSpec): void {
    for (const other of spec.conflictsWith ?? []) {
      const handler = this.#release.commands.get(other)?.handler;
      if (handler === undefined || this.#states.get(handler)?.isSeen !== true) continue;
      throw new ArgumentProblem(`The ${name} and ${other} commands can't be used at the same time.`);
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

const UNKNOWN: Handler = { print: () => undefined };
