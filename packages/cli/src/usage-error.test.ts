import { Command, CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { commands } from './commands.ts';
import type { CliError } from './errors.ts';
import { usageError } from './usage-error.ts';
import { idleContext } from '../test/idle-context.ts';

/** What a command line is refused with. */
async function refusal(words: readonly string[]): Promise<CliError> {
  const program = new Command('phyllome').exitOverride().configureOutput({ outputError: () => {} });
  program.showSuggestionAfterError(false);
  for (const { name, hidden = false, load } of commands) {
    const command = program.command(name, { hidden });
    if (words[0] !== name) continue;
    (await load()).define(command, idleContext);
    for (const each of command.commands.length > 0 ? command.commands : [command]) each.action(() => {});
  }
  try {
    program.parse(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return usageError(error, program, words);
    throw error;
  }
  return expect.unreachable();
}

test.each<[string, string]>([
  ['flaten', 'flatten'],
  ['biuld', 'build'],
  ['Build', 'build'],
  ['test', 'test-vm'],
  ['testvm', 'test-vm'],
  ['list', 'editions'],
  ['run', 'up'],
  ['gc', 'store gc'],
  ['store lss', 'ls'],
  ['store gcc', 'gc'],
  ['flatten --ouput x', '--output'],
  ['flatten --dry-run', '--check'],
  ['store gc --check', '--dry-run'],
  ['build dhi --profle draft', '--profile'],
  ['build dhi --Json', '--json'],
  // None is near enough, or it is the opposite of what is near.
  ['tester-no', ''],
  ['frobnicate', ''],
  ['xy', ''],
  ['store xy', ''],
  ['build dhi --quality', ''],
  ['build dhi --no-json', ''],
  ['flatten -x', ''],
  // Hidden, and so no suggestion.
  ['clean --aftr 1', ''],
  ['testr', ''],
])('phyllome %s: did you mean %j?', async (line, meant) => {
  const { hint } = await refusal(line.split(' '));
  expect(/^did you mean (.*)\?/u.exec(hint)?.[1] ?? '').toBe(meant);
});

describe('the code and the hint', () => {
  test.each<[string, string, string]>([
    ['frobnicate', 'UNKNOWN_COMMAND', 'phyllome --help lists the commands'],
    ['flatten --frobnicate', 'BAD_OPTION', 'phyllome flatten --help shows how it is used'],
    ['store gc --older-than x', 'BAD_OPTION', 'phyllome store gc --help shows how it is used'],
    ['build', 'BAD_ARGUMENTS', 'phyllome build --help shows how it is used'],
    ['build dhi dha', 'BAD_ARGUMENTS', 'phyllome build --help shows how it is used'],
    ['build dhi --profile', 'BAD_OPTION', 'phyllome build --help shows how it is used'],
  ])('of phyllome %s: %s', async (line, code, hint) => {
    expect(await refusal(line.split(' '))).toMatchObject({ code, hint, fault: 'usage' });
  });
});
