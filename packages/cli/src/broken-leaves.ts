import { KickstartError } from '@phyllome/flattener';
import { PipelineError, type PipelineErrorCode } from '@phyllome/pipeline';
import { CliError } from './errors.ts';

/** What several leaves that cannot be flattened amount to. */
export const broken = (failures: readonly Error[], all: number): CliError =>
  new CliError('FLAT_BROKEN', `${failures.length} of ${all} leaves cannot be flattened`, {
    hint: 'fix what the diagnostics report',
    failures,
  });

/** The one failure; of several, what they amount to. None: undefined. */
export const leafError = (failures: readonly Error[], amount: () => CliError): Error | undefined =>
  failures.length > 1 ? amount() : failures[0];

/** Of the pipeline's refusals, those that are a leaf's own fault. */
const ofLeaf: ReadonlySet<string> = new Set<PipelineErrorCode>(['FILE_NOT_UTF8', 'LEAF_NAME_INVALID']);

/** What is wrong with one leaf, and keeps no other from its turn. */
export const isFaultOfLeaf = (error: unknown): error is Error =>
  error instanceof KickstartError || (error instanceof PipelineError && ofLeaf.has(error.code));
