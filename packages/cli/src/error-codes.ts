import { DeployError } from '@phyllome/deploy';
import { KickstartError } from '@phyllome/flattener';
import { HostError, LockHeldError } from '@phyllome/host';
import type { Fault } from '@phyllome/host/errors';
import { IsoBuildError } from '@phyllome/iso-builder';
import { PipelineError } from '@phyllome/pipeline';
import { RemoteError } from '@phyllome/pipeline/remote';
import { StoreError } from '@phyllome/pipeline/store';
import { RehearsalError } from '@phyllome/rehearsal';
import { ReleaseError } from '@phyllome/release';
import { SigningError } from '@phyllome/signing';
import { VmTesterError } from '@phyllome/vm-tester';
import { CliError } from './errors.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { refusals } from './system-error.ts';

/** A code that errors have, and what it stands for. */
export interface ErrorCode {
  code: string;
  /** A sentence. */
  meaning: string;
  /** What the process exits with. */
  exitCode: ExitCode;
}

/** Codes of errors that have to do with one thing, as `the image store`. */
export interface ErrorTopic {
  title: string;
  codes: readonly ErrorCode[];
}

/** Every code that an error can have, by what it has to do with. A code may stand in several topics. */
export const errorTopics: readonly ErrorTopic[] = [
  topic('The command line', CliError.codes),
  topic('The workspace', PipelineError.codes),
  topic('Kickstarts', KickstartError.codes),
  topic('Building', IsoBuildError.codes),
  topic("The rehearsal builder's image", RehearsalError.codes),
  topic('The image store', StoreError.codes),
  topic('The remote store', RemoteError.codes),
  topic('Signatures', SigningError.codes),
  topic('Virtual machines', VmTesterError.codes),
  topic('Installing', DeployError.codes),
  topic('Comparing and publishing', ReleaseError.codes),
  topic('This machine', {
    ...HostError.codes,
    ...LockHeldError.codes,
    ...Object.fromEntries(
      Object.entries(refusals).map(([code, { fault, reason }]) => [code, [fault, `${capitalised(reason)}.`] as const]),
    ),
  }),
  {
    title: 'Otherwise',
    codes: [
      { code: 'INTERRUPTED', meaning: 'Ctrl-C, or 143: SIGTERM.', exitCode: exitCodes.sigint },
      { code: 'UNEXPECTED', meaning: 'A fault of this program: please report it.', exitCode: exitCodes.no },
    ],
  },
];

/** The code of that name, whatever it has to do with. */
export function findCode(name: string): ErrorCode | undefined {
  return errorTopics.flatMap(({ codes }) => codes).find(({ code }) => code === name);
}

function topic(title: string, table: Readonly<Record<string, readonly [Fault, string]>>): ErrorTopic {
  const codes = Object.entries(table).map(([code, [fault, meaning]]) => ({
    code,
    meaning,
    exitCode: exitCodes[fault],
  }));
  return { title, codes };
}

function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
