#!/usr/bin/env node
/**
 * The `phyllome` command: composes the packages, and renders what they report. Each command is a file in `commands/`,
 * loaded when it is asked for: flattening needs no container engine, and `--version` nothing at all; nor is the parser of
 * command lines (`program.ts`), where there is nothing to parse. Exit codes are in
 * `exit-codes.ts`.
 */
import type { Workspace } from '@phyllome/pipeline';
import { firstError } from '@phyllome/host/errors';
import type { Context } from './command.ts';
import { commands } from './commands.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { interruptSignal } from './interrupt.ts';
import { onLostOutput, printNote } from './print.ts';
import { systemRefusal } from './system-error.ts';

async function main(words: string[]): Promise<number> {
  const { signal, listen } = interruptSignal();
  const run: Run = { signal, listen, exitCode: exitCodes.ok, workspace: undefined };
  try {
    const runNames = await withoutParser(words);
    if (runNames !== undefined) await runNames(await contextOf(run));
    else await parseAndRun(words, run);
    return run.exitCode;
  } catch (thrown) {
    const error = firstError(thrown);
    // Node's own functions reject with an error of theirs, and not with the reason, when they are aborted.
    const reason: unknown =
      signal.aborted && error instanceof Error && error.name === 'AbortError' ? signal.reason : error;
    const { printFailure } = await import('./print-failure.ts');
    return printFailure(reason, words, run.workspace);
  }
}

/** What a command does with a command line of names of leaves alone, where it can do without a parser. */
async function withoutParser([name, ...names]: string[]): Promise<((context: Context) => Promise<void>) | undefined> {
  const entry = commands.find((one) => one.name === name);
  if (entry?.neverWaits !== true || !names.every((word) => /^[a-z0-9]+$/u.test(word))) return undefined;
  const { runNames } = await entry.load();
  return runNames && ((context) => runNames(names, context));
}

async function parseAndRun(words: string[], run: Run): Promise<void> {
  const { parseWords } = await import('./program.ts');
  const code = await parseWords(words, { context: () => contextOf(run), listen: run.listen });
  if (code !== undefined) run.exitCode = code;
}

/** What one run of the program has come to. */
interface Run {
  readonly signal: AbortSignal;
  /** From now on, Ctrl-C and SIGTERM abort the signal. */
  readonly listen: () => void;
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

// A reader may stop early, as `head` does: what is being done goes on, and nothing is reported. Output that is lost
// otherwise, on a full disk, is reported once.
let lost: NodeJS.ErrnoException | undefined;
onLostOutput((error) => {
  if (error.code === 'EPIPE' || lost !== undefined) return;
  lost = error;
  process.exitCode = exitCodeOf(error);
  const refusal = systemRefusal(error);
  const [code, message] = refusal ? [refusal.code, refusal.message] : [error.code, error.message];
  printNote(`standard output is incomplete\nerror[${code}] ${message}`);
});

const ended = await main(process.argv.slice(2));
process.exitCode = ended === exitCodes.ok && lost !== undefined ? exitCodeOf(lost) : ended;
