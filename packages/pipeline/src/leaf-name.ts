import { PipelineError } from './errors.ts';
import { leafNameProblem } from './leaves.ts';

/** @throws {PipelineError} LEAF_NAME_INVALID when a leaf may not have this name. */
export function requireLeafName(leaf: string): void {
  const problem = leafNameProblem(leaf);
  if (problem === undefined) return;
  throw new PipelineError('LEAF_NAME_INVALID', `leaves/ has a leaf with the name ${JSON.stringify(leaf)}`, {
    hint: `rename it: ${problem}`,
  });
}
