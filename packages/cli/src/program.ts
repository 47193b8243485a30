import { Command, CommanderError } from 'commander';
import project from '../package.json' with { type: 'json' };
import type { Context, Example } from './command.ts';
import { commands } from './commands.ts';
import { describeOption } from './describe-option.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { firstError } from '@phyllome/host/errors';

/** The command line: all commands, parsed by Commander. */

interface ProgramRun {
  /** For the command that was asked for: this loads the flattener. */
  readonly context: () => Promise<Context>;
  /** From now on, Ctrl-C and SIGTERM abort the context's signal. */
  readonly listen: () => void;
}

/**
 * Parses a command line, and runs its command.
 *
 * @param words those after the program's name
 * @returns the exit code, where help was printed in place of running a command
 * @throws {CliError} where the words are wrong: UNKNOWN_COMMAND, BAD_ARGUMENTS, BAD_OPTION
 * @throws whatever the command throws
 */
export async function parseWords(words: readonly string[], run: ProgramRun): Promise<ExitCode | undefined> {
  const program = await programFor(words, run);
  try {
    await program.parseAsync(words, { from: 'user' });
    return undefined;
  } catch (thrown) {
    const error = firstError(thrown);
    if (!(error instanceof CommanderError)) throw thrown;
    // Help was printed, where it was asked for and where a command is missing.
    if (error.exitCode === 0) return exitCodes.ok;
    if (error.code === 'commander.help') return exitCodes.usage;
    const { usageError } = await import('./usage-error.ts');
    throw usageError(error, program, words);
  }
}

/** With all commands by name, and the one that the words ask for, or ask help of, with its options. */
async function programFor(words: readonly string[], { context, listen }: ProgramRun): Promise<Command> {
  const program = new Command('phyllome')
    .description('Turns kickstart leaves into tested, bootable Phyllome OS images.')
    .version(project.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .configureHelp({
      optionDescription(option) {
        return describeOption(this, option);
      },
    })
    .exitOverride()
    // What is wrong with a command line is printed as any other error.
    .configureOutput({ outputError: () => {} })
    .showSuggestionAfterError(false);

  const asked = words[0] === 'help' ? words[1] : words.find((word) => !word.startsWith('-'));
  for (const { name, summary, neverWaits = false, mayBeSilent = false, hidden = false, load } of commands) {
    const command = program
      .command(name, { hidden })
      .description(summary)
      .hook('preAction', async () => {
        if (!neverWaits) listen();
        if (mayBeSilent) (await import('./still-running.ts')).sayWhileSilent(name);
      });
    if (name !== asked) continue;
    const { define, examples } = await load();
    define(command, await context());
    command.addHelpText('after', exampleText(examples));
  }
  return program;
}

function exampleText(examples: readonly Example[]): string {
  return ['', 'Examples:', ...examples.map(([line, does]) => `  ${line}\n      ${does}`)].join('\n');
}
