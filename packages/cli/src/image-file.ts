import { statSync } from 'node:fs';
import { CliError } from './errors.ts';

/**
 * @throws {CliError} ISO_NOT_FOUND when there is nothing at `path`, or what cannot be an image: a directory, a FIFO, a
 * terminal. Block devices are images, too.
 */
export function requireImageFile(path: string, hint: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() === true || found?.isBlockDevice() === true) return;
  const what =
    found === undefined ? 'does not exist' : found.isDirectory() ? 'is a directory' : 'is not a regular file';
  throw new CliError('ISO_NOT_FOUND', `${path} ${what}`, { hint });
}
