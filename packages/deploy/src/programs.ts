import { findProgram } from '@phyllome/host';
import { DeployError } from './errors.ts';
import { type Distribution, readDistribution } from './host/distribution.ts';
import { type Need, installCommand, needs } from './host/packages.ts';

/**
 * The path of a program that there is no doing without.
 *
 * @throws {DeployError} PROGRAM_MISSING; the hint names the packages of this machine's distribution
 */
export async function requireProgram(need: Need['id'], env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const { program, why } = needs[need];
  const path = findProgram(program, env);
  if (path !== undefined) return path;
  throw programMissing(program, why, need, await readDistribution());
}

function programMissing(program: string, why: string, need: Need['id'], distribution: Distribution): DeployError {
  return new DeployError('PROGRAM_MISSING', `${program} is not on the PATH: ${why}`, {
    hint: installCommand(distribution, [need]),
  });
}
