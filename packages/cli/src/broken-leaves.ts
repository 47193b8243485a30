import { KickstartError } from '@phyllome/flattener';
import { PipelineError, type PipelineErrorCode } from '@phyllome/pipeline';
import { CliError } from './errors.ts';
import { explainAll } from './explain.ts';
import type { Workspace } from '@phyllome/pipeline';
import { printNote } from './print.ts';

/** What several leaves that cannot be flattened amount to. */
export const broken = (failed: number, all: number): CliError =>
  new CliError('FLAT_BROKEN', `${failed} of ${all} leaves cannot be flattened`, {
    hint: 'fix what the diagnostics above report',
  });

/** Throws the one failure; of several, tells them all and throws what they amount to. None: nothing happens. */
export function throwLeafErrors(workspace: Workspace, failures: readonly Error[], amount: () => CliError): void {
  const [first, ...more] = failures;
  if (first === undefined) return;
  if (more.length === 0) throw first;
  printNote(explainAll(failures, workspace));
  throw amount();
}

/** Of the pipeline's refusals, those that are a leaf's own fault. */
const ofLeaf: ReadonlySet<string> = new Set<PipelineErrorCode>(['FILE_NOT_UTF8', 'LEAF_NAME_INVALID']);

/** What is wrong with one leaf, and keeps no other from its turn. */
export const isFaultOfLeaf = (error: unknown): error is Error =>
  error instanceof KickstartError || (error instanceof PipelineError && ofLeaf.has(error.code));
