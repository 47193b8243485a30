import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import { CliError } from '../errors.ts';

/** A passphrase comes in a file: arguments are seen by everybody on the machine. */
export const passphraseFile = (description: string): Option =>
  new Option('--passphrase-file <path>', description).env('PHYLLOME_PASSPHRASE_FILE');

/** @throws {CliError} BAD_OPTION when there is none in the file */
export async function readPassphrase(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new CliError('BAD_OPTION', `the passphrase cannot be read: ${String(error)}`, {
      hint: 'name a file of one line',
    });
  });
  const passphrase = text.split('\n', 1)[0] ?? '';
  if (passphrase !== '') return passphrase;
  throw new CliError('BAD_OPTION', `${path} has no passphrase in its first line`, { hint: 'write one into it' });
}
