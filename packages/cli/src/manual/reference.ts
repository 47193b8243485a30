import { Command, Help } from 'commander';
import type { Context, Example } from '../command.ts';
import { describeOption } from '../describe-option.ts';

/** An argument or option as the help shows it. */
export interface Term {
  readonly term: string;
  /** With its choices, its default and its environment variable. */
  readonly text: string;
}

/** A command, or a command's own command, as its `--help` describes it. */
export interface CommandReference {
  /** `phyllome store gc`. */
  readonly name: string;
  readonly summary: string;
  /** `phyllome store gc [options]`. */
  readonly usage: string;
  readonly arguments: readonly Term[];
  readonly options: readonly Term[];
  readonly commands: readonly CommandReference[];
  readonly examples: readonly Example[];
}

/** What all commands take: of the definitions that the command line is parsed by, as Commander renders them. */
export async function commandReference(context: Context): Promise<CommandReference[]> {
  const program = new Command('phyllome');
  const all: CommandReference[] = [];
  for (const { name, summary, hidden = false, load } of context.commands) {
    if (hidden) continue;
    const command = program.command(name).description(summary);
    const { define, examples } = await load();
    define(command, context);
    all.push(referenceOf(command, examples));
  }
  return all;
}

function referenceOf(command: Command, examples: readonly Example[]): CommandReference {
  const help = new Help();
  const usage = help.commandUsage(command);
  const visible = help.visibleCommands(command).filter((one) => one.name() !== 'help');
  return {
    name: usage.replace(/ [[<].*$/u, ''),
    summary: command.description(),
    usage,
    arguments: help.visibleArguments(command).map((one) => ({ term: one.name(), text: help.argumentDescription(one) })),
    options: help
      .visibleOptions(command)
      .filter(({ long }) => long !== '--help')
      .map((one) => ({ term: help.optionTerm(one), text: describeOption(help, one) })),
    commands: visible.map((one) => referenceOf(one, [])),
    examples,
  };
}
