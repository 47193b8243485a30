import type { KickstartCommand } from '../../kickstart.ts';
import type { WithoutCounterpart } from '../selection.ts';
import type { Contribution } from '../action.ts';

/**
 * What one command of a kickstart comes to in Debian.
 *
 * @param packages those of the kickstart, by Fedora's names
 */
export type Planner = (command: KickstartCommand, packages: readonly string[]) => Contribution;

/** The options and words of a command; the flattener writes every option as `--name=value` or `--name`, in full. */
export class CommandArguments {
  readonly positionals: readonly string[];
  readonly #command: KickstartCommand;
  readonly #options: { name: string; value: string | undefined }[];

  constructor(command: KickstartCommand) {
    this.#command = command;
    this.positionals = command.args.filter((argument) => !argument.startsWith('--'));
    this.#options = command.args
      .filter((argument) => argument.startsWith('--'))
      .map((argument) => /^--(?<name>[^=]+)(?:=(?<value>.*))?$/su.exec(argument)?.groups)
      .map((groups) => ({ name: groups?.['name'] ?? '', value: groups?.['value'] }));
  }

  has(...names: string[]): boolean {
    return this.#options.some(({ name }) => names.includes(name));
  }

  values(name: string): string[] {
    return this.#options.flatMap((option) =>
      option.name === name && option.value !== undefined ? [option.value] : [],
    );
  }

  value(name: string): string | undefined {
    return this.values(name).at(-1);
  }

  /** The value of a list: `--groups=a,b`. */
  list(name: string): string[] {
    return this.values(name)
      .flatMap((text) => text.split(','))
      .filter((word) => word !== '');
  }

  /** Every option but these is recorded as one that the rehearsal does not have. */
  except(...known: string[]): WithoutCounterpart[] {
    return this.#options
      .filter(({ name }) => !known.includes(name))
      .map(({ name, value }) => ({
        kind: 'option',
        text: `${this.#command.name} --${name}${value === undefined ? '' : `=${value}`}`,
        line: this.#command.line,
        why: 'the rehearsal does not have this option',
      }));
  }
}

/** The whole command is recorded. */
export const without = (command: KickstartCommand, why: string): Contribution => ({
  withoutCounterpart: [{ kind: 'command', text: command.text.trim(), line: command.line, why }],
});
