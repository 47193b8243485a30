import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { DeployError } from './errors.ts';
import { type Distribution, readDistribution } from './host/distribution.ts';
import { type Need, installCommand, needs } from './host/packages.ts';

/** The path of a program on the PATH. */
export function findProgram(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  return (env['PATH'] ?? '')
    .split(delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

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

export function programMissing(
  program: string,
  why: string,
  need: Need['id'],
  distribution: Distribution,
): DeployError {
  return new DeployError('PROGRAM_MISSING', `${program} is not on the PATH: ${why}`, {
    hint: installCommand(distribution, [need]),
  });
}
