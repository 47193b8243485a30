import { type Diagnostic, KickstartError } from '@phyllome/flattener';
import { ExplainedError, messageOf } from '@phyllome/host/errors';
import type { Workspace } from '@phyllome/pipeline';
import { CliError } from './errors.ts';
import { type ExitCode, exitCodeOf } from './exit-codes.ts';
import { explain } from './explain.ts';
import { Interrupted, leftovers } from './interrupt.ts';
import { printJsonError, printNote } from './print.ts';
import { systemRefusal } from './system-error.ts';

/** An error as programs get it: the last line of standard error, as `{"error": …}`, where a command was asked for JSON. */
export interface ErrorDocument {
  code: string;
  message: string;
  hint: string;
  /** What the process exits with. */
  exitCode: ExitCode;
  diagnostics?: readonly Diagnostic[];
  /** Of several leaves that failed, each. */
  errors?: readonly ErrorDocument[];
}

/**
 * Prints why a run ended, on standard error: as JSON where the words ask for it, whether they were understood or not.
 *
 * @returns what the process shall exit with
 */
export function printFailure(error: unknown, words: readonly string[], workspace: Workspace | undefined): ExitCode {
  if (asksForJson(words)) printJsonError(errorDocument(error));
  else printNote(explain(error, workspace));
  return exitCodeOf(error);
}

/** `--json`, or `--format json`, before `--`. */
export function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  const own = end < 0 ? words : words.slice(0, end);
  return own.some((word, at) => {
    if (word === '--format') return own[at + 1] === 'json';
    return word === '--json' || word === '--format=json';
  });
}

/** What an error says, as an object. Pure. */
export function errorDocument(error: unknown): ErrorDocument {
  const exitCode = exitCodeOf(error);
  if (error instanceof Interrupted) return { code: 'INTERRUPTED', message: error.message, hint: leftovers(), exitCode };
  const refusal = systemRefusal(error);
  if (refusal !== undefined) return { code: refusal.code, message: refusal.message, hint: refusal.hint, exitCode };
  if (!(error instanceof ExplainedError)) {
    return {
      code: 'UNEXPECTED',
      message: messageOf(error),
      hint: 'please report it, with what it prints without --json',
      exitCode,
    };
  }
  return {
    code: String(error.code),
    message: error.message,
    hint: error.hint,
    exitCode,
    ...(error instanceof KickstartError && { diagnostics: error.diagnostics }),
    ...(error instanceof CliError && error.failures.length > 0 && { errors: error.failures.map(errorDocument) }),
  };
}
