import { ExplainedError } from '@phyllome/host/errors';
import { Interrupted } from './interrupt.ts';
import { systemRefusal } from './system-error.ts';

/** What the process exits with; the README documents it. */
export const exitCodes = {
  ok: 0,
  /** The check or the build failed: ISO rejected, kickstart wrong, flat file stale. */
  no: 1,
  /** The command line asks for what does not exist. */
  usage: 2,
  /** The machine lacks what is needed: engine, QEMU, network, space. */
  environment: 3,
  /** The machine could not judge the ISO. */
  inconclusive: 4,
  sigint: 130,
  sigterm: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The exit code that an error stands for: an error for people says itself whose fault it is. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof Interrupted) return error.signalName === 'SIGINT' ? exitCodes.sigint : exitCodes.sigterm;
  if (error instanceof ExplainedError) return exitCodes[error.fault];
  const refusal = systemRefusal(error);
  return refusal === undefined ? exitCodes.no : exitCodes[refusal.fault];
}
