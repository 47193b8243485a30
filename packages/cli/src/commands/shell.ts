import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { shellCommand as commandLine } from '@phyllome/host';
import { type RunningMachine, SOCKETS, listMachines, openShell, runInGuest } from '@phyllome/vm-tester';
import { CliError } from '../errors.ts';
import { say } from '../render.ts';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';

export const examples: readonly Example[] = [
  ['phyllome shell', 'open a root shell in the running machine'],
  ['phyllome shell -- systemctl --failed', 'run one command there, and exit with what it exits with'],
];

export function define(command: Command, context: Context): void {
  command
    .argument('[command...]', 'as: phyllome shell -- systemctl --failed; exits with what it exits with')
    .option('--machine <name>', 'which, when several run')
    .action(async (words: string[], options: { machine?: string }) => {
      context.exitWith(await shellCommand(words, { ...options, env: context.env, signal: context.signal }));
    });
}

export interface ShellFlags {
  machine?: string;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/**
 * `phyllome shell`: a root shell in the guest of the running machine; with a command, runs that one there. Waits for a
 * guest that still boots.
 *
 * @returns what the shell or the command exited with
 * @throws {CliError} NO_MACHINE; GUEST_UNREACHABLE when the machine ends before
 */
export async function shellCommand(words: readonly string[], { machine, env, signal }: ShellFlags): Promise<number> {
  const target = choose(listMachines(env), machine);
  const { stdin, stdout, stderr } = process;
  if (words.length === 0 && stdin.isTTY && stdout.isTTY) {
    say(`root on ${target.name}; exit or Ctrl-] leaves it`);
    const exitCode = await openShell(target, { stdin, stdout, term: env['TERM'] ?? 'linux', signal });
    return exitCode ?? 0;
  }
  const input = stdin.isTTY ? Buffer.alloc(0) : await buffer(stdin);
  // One word is a command line for the guest's shell, several are a program and its arguments. None: the input is it.
  const command = words.length === 0 ? 'exec sh -s' : commandLine(words.length === 1 ? words.join('') : words);
  const path = join(target.directory, SOCKETS.commands);
  const result = await runInGuest(path, command, { stdin: input, signal });
  stdout.write(result.stdout);
  stderr.write(result.stderr);
  return result.exitCode;
}

function choose(running: readonly RunningMachine[], name: string | undefined): RunningMachine {
  const names = running.map((machine) => machine.name).join(', ');
  if (name === undefined && running.length > 1) {
    throw new CliError('NO_MACHINE', `several machines run: ${names}`, { hint: 'choose by --machine <name>' });
  }
  const found = name === undefined ? running[0] : running.find((machine) => machine.name === name);
  if (found) return found;
  throw new CliError('NO_MACHINE', name === undefined ? 'no machine runs' : `no machine called ${name} runs`, {
    hint: names === '' ? 'start one in another terminal: phyllome up dhi' : `those that run: ${names}`,
  });
}
