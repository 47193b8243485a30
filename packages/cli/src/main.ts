#!/usr/bin/env node
/**
 * The `phyllome` command: composes the packages, and renders what they report. Each command is a file in `commands/`,
 * loaded when it is asked for: flattening needs no container engine, and `--version` nothing at all. Exit codes are in
 * `exit-codes.ts`.
 */
import type { Workspace } from '@phyllome/pipeline';
import { firstError } from '@phyllome/host/errors';
import { Command, CommanderError } from 'commander';
import project from '../package.json' with { type: 'json' };
import { type Context, describeOption, type Example } from './command.ts';
import { commands } from './commands.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { interruptSignal } from './interrupt.ts';
import { printNote } from './print.ts';
import { systemRefusal } from './system-error.ts';

async function main(argv: string[]): Promise<number> {
  const { signal, listen } = interruptSignal();
  const run: Run = { signal, listen, exitCode: exitCodes.ok, workspace: undefined };
  const words = argv.slice(2);
  let program: Command | undefined;
  try {
    program = await programFor(words, run);
    await program.parseAsync(argv);
    return run.exitCode;
  } catch (thrown) {
    const error = firstError(thrown);
    if (error instanceof CommanderError) {
      // Help was printed, where it was asked for and where a command is missing.
      if (error.exitCode === 0) return exitCodes.ok;
      if (error.code === 'commander.help' || program === undefined) return exitCodes.usage;
      const { printFailure } = await import('./print-failure.ts');
      const { usageError } = await import('./usage-error.ts');
      return printFailure(usageError(error, program, words), words, run.workspace);
    }
    // Node's own functions reject with an error of theirs, and not with the reason, when they are aborted.
    const reason: unknown =
      signal.aborted && error instanceof Error && error.name === 'AbortError' ? signal.reason : error;
    const { printFailure } = await import('./print-failure.ts');
    return printFailure(reason, words, run.workspace);
  }
}

/** What one run of the program has come to. */
interface Run {
  readonly signal: AbortSignal;
  /** From now on, Ctrl-C and SIGTERM abort the signal. */
  listen(): void;
  exitCode: number;
  workspace: Workspace | undefined;
}

/** For the command that was asked for: this loads the flattener. */
async function contextOf(run: Run): Promise<Context> {
  const { openAround, openWorkspace, withKickstarts } = await import('@phyllome/pipeline');
  const { isPath } = await import('./options/kickstart.ts');
  const open = (): Workspace => (run.workspace ??= openWorkspace(process.cwd(), printNote));
  return {
    env: process.env,
    commands,
    signal: run.signal,
    open,
    openFor(named, folders = []) {
      const files = named.filter(isPath);
      const anywhere = named.length > 0 && files.length === named.length;
      const around = anywhere ? (run.workspace ??= openAround(process.cwd(), printNote)) : open();
      return (run.workspace = files.length === 0 ? around : withKickstarts(around, files, folders));
    },
    exitWith: (code) => void (run.exitCode = code),
  };
}

/** All commands by name, and the one that the words ask for, or ask help of, with its options. */
async function programFor(words: readonly string[], run: Run): Promise<Command> {
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
  for (const { name, summary, neverWaits = false, hidden = false, load } of commands) {
    const command = program
      .command(name, { hidden })
      .description(summary)
      .hook('preAction', () => {
        if (!neverWaits) run.listen();
      });
    if (name !== asked) continue;
    const { define, examples } = await load();
    define(command, await contextOf(run));
    command.addHelpText('after', exampleText(examples));
  }
  return program;
}

function exampleText(examples: readonly Example[]): string {
  return ['', 'Examples:', ...examples.map(([line, does]) => `  ${line}\n      ${does}`)].join('\n');
}

// A reader may stop early, as `head` does: what is being done goes on, and nothing is reported. Output that is lost
// otherwise, on a full disk, is reported once.
let lost: NodeJS.ErrnoException | undefined;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' || lost !== undefined) return;
  lost = error;
  process.exitCode = exitCodeOf(error);
  const refusal = systemRefusal(error);
  const [code, message] = refusal ? [refusal.code, refusal.message] : [error.code, error.message];
  printNote(`standard output is incomplete\nerror[${code}] ${message}`);
});

const ended = await main(process.argv);
process.exitCode = ended === exitCodes.ok && lost !== undefined ? exitCodeOf(lost) : ended;
