import { requireLeafName } from '@phyllome/pipeline';
import { CliError } from '../errors.ts';

/**
 * What Nx runs for a leaf whose name is not allowed: it fails, and says so.
 *
 * @param coded the name, or its beginning, in hexadecimal: as it is, it must be in no command
 * @throws {PipelineError} LEAF_NAME_INVALID; CliError BAD_OPTION for a name that is allowed
 */
export function refuseLeaf(coded: string): never {
  requireLeafName(Buffer.from(coded, 'hex').toString());
  throw new CliError('BAD_OPTION', 'the name of this leaf is allowed by now', { hint: 'run nx reset' });
}
