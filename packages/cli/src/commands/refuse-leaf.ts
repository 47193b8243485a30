import { requireLeafName } from '@phyllome/pipeline';
import { CliError } from '../errors.ts';
import type { Command } from 'commander';
import type { Example } from '../command.ts';

export const examples: readonly Example[] = [
  ['phyllome refuse-leaf 2d2d68656c70', 'report why no leaf can be called --help'],
  ['phyllome refuse-leaf 612062', 'the same of another name'],
];

export function define(command: Command): void {
  command
    .argument('<name>', "a leaf's name whose targets Nx runs and that is not allowed, in hexadecimal")
    .action((coded: string) => {
      refuseLeaf(coded);
    });
}

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
