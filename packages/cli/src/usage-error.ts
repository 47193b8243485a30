import { suggest } from '@phyllome/flattener';
import type { Command, CommanderError } from 'commander';
import { CliError } from './errors.ts';

/** Names that other programs have for what a command of this one does. */
const byMeaning: Readonly<Record<string, string>> = {
  boot: 'up',
  check: 'validate',
  compare: 'diff',
  exec: 'shell',
  gc: 'store gc',
  images: 'store ls',
  install: 'deploy',
  list: 'editions',
  ls: 'editions',
  manual: 'man',
  prune: 'clean',
  run: 'up',
  ssh: 'shell',
  start: 'up',
  test: 'test-vm',
  watch: 'dev',
};

/** Options that other programs have, and what the command may have for it. */
const optionsByMeaning: Readonly<Record<string, string>> = { '--dry-run': '--check', '--check': '--dry-run' };

/**
 * What is wrong with a command line, as an error for people: with the command or option that was meant, where one is near
 * enough or has another name elsewhere. A wrong suggestion is worse than none.
 *
 * @param program with the definitions of the command that was asked for
 * @param words of the command line, after the program's name
 */
export function usageError(error: CommanderError, program: Command, words: readonly string[]): CliError {
  const message = error.message.replace(/^error: /u, '');
  const command = askedOf(program, words);
  const help =
    command === program ? 'phyllome --help lists the commands' : `${nameOf(command)} --help shows how it is used`;
  const unknown = /^unknown (command|option) '([^]*)'$/u.exec(message);
  const meant = unknown === null ? undefined : meantBy(unknown[2] ?? '', unknown[1] ?? '', command);
  const hint = meant === undefined ? help : `did you mean ${meant}? ${help}`;
  return new CliError(codes[error.code] ?? 'BAD_OPTION', message, { hint });
}

const codes: Readonly<Record<string, 'UNKNOWN_COMMAND' | 'BAD_ARGUMENTS'>> = {
  'commander.unknownCommand': 'UNKNOWN_COMMAND',
  'commander.missingArgument': 'BAD_ARGUMENTS',
  'commander.excessArguments': 'BAD_ARGUMENTS',
};

/** The command that the words name, or the innermost one of its own that they do. */
function askedOf(program: Command, words: readonly string[]): Command {
  let command = program;
  for (const word of words.filter((one) => !one.startsWith('-'))) {
    const inner = command.commands.find((one) => one.name() === word);
    if (inner === undefined) break;
    command = inner;
  }
  return command;
}

const nameOf = (command: Command): string =>
  command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;

function meantBy(word: string, kind: string, command: Command): string | undefined {
  const help = command.createHelp();
  if (kind === 'command') {
    const names = help.visibleCommands(command).map((one) => one.name());
    return (command.parent === null ? byMeaning[word.toLowerCase()] : undefined) ?? suggest(word, names);
  }
  const options = help.visibleOptions(command).flatMap(({ long }) => (long == null ? [] : [long]));
  const other = optionsByMeaning[word];
  if (other !== undefined && options.includes(other)) return other;
  return word.startsWith('--') ? suggest(word, options) : undefined;
}
