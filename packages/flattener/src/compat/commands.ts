import type { CommandSpec, Release } from '../commands/table.ts';
import { ArgumentProblem } from './argparse.ts';
import { type CommandInput, type Handler, printCommand, readCommand } from './handler.ts';
import { HANDLERS } from './handlers/index.ts';
import type { Attributes } from './values.ts';

/** One handler at work: commands that share it (`reboot`, `halt`...) are one object. */
interface State {
  readonly spec: CommandSpec;
  readonly handler: Handler;
  /** One, or one for each line of an accumulating command. */
  readonly entries: Attributes[];
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
    this.#checkConflicts(name, spec);
    if (spec.removed) throw new ArgumentProblem(`${name} has been removed.`);
    if (spec.deprecated) {
      warn({ kind: 'deprecated', message: `The ${name} command has been deprecated and no longer has any effect.` });
      return;
    }
    this.#read(state, { ...input, spec, release: this.#release.release });
  }

  #read(state: State, input: CommandInput): void {
    const { handler, entries, keys, spec } = state;
    const attributes = spec.accumulates ? new Map() : (entries[0] ?? new Map());
    readCommand(handler, input, attributes);
    if (!spec.accumulates) return;
    const duplicate = handler.duplicate?.(attributes);
    if (duplicate !== undefined) {
      if (keys.has(duplicate.key)) {
        if (duplicate.isRefused) throw new ArgumentProblem(duplicate.message);
        input.warn({ kind: 'duplicate', message: duplicate.message });
      }
      keys.add(duplicate.key);
    }
    entries.push(attributes);
  }

  #state(spec: CommandSpec): State {
    const known = this.#states.get(spec.handler);
    if (known !== undefined) return known;
    const handler = HANDLERS[spec.handler] ?? UNKNOWN;
    const entries: Attributes[] = spec.accumulates ? [] : [new Map(Object.entries(handler.initial ?? {}))];
    const state: State = { spec, handler, entries, keys: new Set(), isSeen: false };
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
      const { spec, isSeen, handler, entries } = state;
      if (!isSeen || spec.removed || spec.deprecated) return false;
      return entries.every((entry) => printCommand(handler, entry, spec, this.#release.release) === undefined);
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

  #print({ spec, handler, entries, isSeen }: State): string {
    if ((!isSeen && handler.initial === undefined) || spec.removed || spec.deprecated) return '';
    const { release } = this.#release;
    const lines = entries.flatMap((attributes) => printCommand(handler, attributes, spec, release) ?? []);
    if (lines.length === 0) return '';
    return [...(spec.header === undefined ? [] : [spec.header]), ...lines, ''].join('\n');
  }
}

const UNKNOWN: Handler = { print: () => undefined };
