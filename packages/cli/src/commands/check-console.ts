import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { checkConsole } from '@phyllome/vm-tester';
import { CliError } from '../errors.ts';
import { say } from '../render.ts';
import { isSystemError, systemRefusal } from '../system-error.ts';
import { printJson } from '../print.ts';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatOption, jsonOption } from '../options/format.ts';

export const examples: readonly Example[] = [
  ['phyllome check-console dist/iso-l/test-vm/bios/serial.log', 'look into the console of a run'],
  ['journalctl -b | phyllome check-console -', 'look into what another program prints'],
];

export function define(command: Command, context: Context): void {
  command
    .argument(
      '<file>',
      'as dist/iso-l/test-vm/bios/serial.log, or the log of any other machine; - reads one from a pipe',
    )
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .action(async (file: string, { format }: { format: 'human' | 'json' }) => {
      if (!(await checkConsoleCommand(file, format))) context.exitWith(exitCodes.no);
    });
}

/**
 * `phyllome check-console FILE`, or `-` for the standard input: applies the detectors of `phyllome test-vm` to a saved console, of whatever made it.
 *
 * @returns whether nothing in it rejects the image; that does not accept it
 * @throws {CliError} BAD_PLACE when the file cannot be read.
 */
export async function checkConsoleCommand(path: string, format: 'human' | 'json'): Promise<boolean> {
  const log = await (path === '-' ? buffer(process.stdin) : readFile(path)).catch((cause: unknown) => {
    const reason = isSystemError(cause) && cause.code === 'ENOENT' ? 'no such file' : systemRefusal(cause)?.reason;
    if (reason === undefined) throw cause;
    throw new CliError('BAD_PLACE', `cannot read ${path}: ${reason}`, {
      hint: 'name a saved console, as serial.log',
      cause,
    });
  });
  const { findings, rejection } = checkConsole(log);
  if (format === 'json') {
    printJson({ version: 1, path, rejection, findings }, 2);
    return rejection === undefined;
  }
  for (const { severity, cause, line, evidence } of findings) {
    say(`${path}:${line}: ${severity}: ${cause} [${evidence.detector}] ${evidence.line.trim()}`);
  }
  say(rejection ? `rejected: ${rejection.cause}, line ${rejection.line}` : 'nothing in it rejects the image');
  return rejection === undefined;
}
