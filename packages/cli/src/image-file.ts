import { statSync } from 'node:fs';
import { CliError } from './errors.ts';

/** @throws {CliError} ISO_NOT_FOUND when there is nothing at `path`, or a directory. Devices are images, too. */
export function requireImageFile(path: string, hint: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found !== undefined && !found.isDirectory()) return;
  throw new CliError('ISO_NOT_FOUND', `${path} ${found === undefined ? 'does not exist' : 'is a directory'}`, { hint });
}
