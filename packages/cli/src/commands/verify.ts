import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ResultCheck, verifyResult } from '@phyllome/pipeline/obtain';
import { readVerificationKey } from '@phyllome/signing';
import { CliError } from '../errors.ts';
import { isPath } from '../options/kickstart.ts';
import { say } from '../render.ts';
import { distOf, leafOfEdition, nxOf, type Workspace } from '@phyllome/pipeline';
import { printJson } from '../print.ts';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatOption, jsonOption } from '../options/format.ts';

export const examples: readonly Example[] = [
  ['phyllome verify dhi', 'check the ISO in dist/iso-dhi and its evidence'],
  ['phyllome verify dhi --key release.pem', 'and that the holder of this key signed it'],
  ['phyllome verify /mnt/release --json', 'check any directory, for programs'],
];

export function define(command: Command, context: Context): void {
  command
    .argument('<directory>', 'as dist/iso-dhi; or an edition, as dhi')
    .option('--key <file>', 'a public key in PEM that signed the provenance; or an OpenPGP keyring, of the CHECKSUM')
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .action(async (directory: string, flags: { format: 'human' | 'json'; key?: string }) => {
      const { env, signal } = context;
      const good = await verifyCommand(() => context.open(), directory, { ...flags, env, signal });
      if (!good) context.exitWith(exitCodes.no);
    });
}

const what: Record<Exclude<ResultCheck['name'], 'signature'>, string> = {
  manifest: 'the manifest can be read',
  files: 'every file of the evidence is as it was built, and there are no others',
  iso: 'the ISO is the one that was built',
  checksum: 'CHECKSUM and .sha256 are of this ISO',
  medium: 'complete, bootable by BIOS and UEFI, its implanted checksum right',
  packages: 'the package list can be read',
  sbom: 'the bill of materials is of this ISO and this package list',
  documents: 'image.json says what the manifest says',
  provenance: 'the provenance is of all these files, and says what the manifest says',
};

/** What a good answer proves, by what it was checked with. */
const proven = {
  none: {
    short: 'consistency',
    checked: 'not checked: no --key was given; a signature in the result belongs to this provenance',
    sentence:
      'Only consistency was proven. Who built it was not checked: anyone who can change all of these files can make them agree.',
  },
  'public key': {
    short: 'authenticity',
    checked: 'the provenance is signed with the key',
    sentence: 'It is authentic: the key signed the provenance, which is of the ISO and all of its evidence.',
  },
  keyring: {
    short: 'authenticity of the ISO',
    checked: 'CHECKSUM is signed by a key of the keyring',
    sentence: 'The ISO is authentic: the keyring signed its CHECKSUM. Of its evidence only consistency was proven.',
  },
} as const;

/**
 * `phyllome verify DIR`: checks a built ISO and everything beside it, offline, and who signed it when there is a key. False
 * when something is wrong.
 *
 * @param target a directory, or an edition, whose ISO is in `dist/`
 * @throws {SigningError} PUBLIC_KEY_INVALID, SIGNING_KEY_UNSUITABLE, PROGRAM_MISSING
 * @throws {CliError} NO_IMAGE when there is no such directory, UNKNOWN_EDITION
 */
export async function verifyCommand(
  open: () => Workspace,
  target: string,
  options: { format: 'human' | 'json'; key?: string; env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<boolean> {
  const { format, env, signal } = options;
  const key = options.key === undefined ? undefined : await readVerificationKey(options.key);
  const { manifest, checks } = await verifyResult(directoryOf(open, target), { key, env, signal });
  const good = checks.every(({ problems }) => problems.length === 0);
  const proof = key?.kind ?? 'none';
  if (format === 'json') {
    const plain = checks.map(({ name, problems }) => ({
      name,
      problems: problems.map(({ code, message, hint }) => ({ code, message, hint })),
    }));
    printJson({ version: 1, iso: manifest?.iso.name ?? null, good, proven: proven[proof].short, checks: plain }, 2);
    return good;
  }
  for (const { name, problems } of checks) {
    say(
      `${problems.length === 0 ? 'ok   ' : 'WRONG'}  ${name.padEnd(10)}  ${name === 'signature' ? proven[proof].checked : what[name]}`,
    );
    for (const { code, message, hint } of problems) say(`         error[${code}] ${message}\n         hint: ${hint}`);
  }
  if (good && manifest) {
    say(`${manifest.iso.name}: all of it is consistent, sha256 ${manifest.iso.sha256}`);
    say(proven[proof].sentence);
  }
  return good;
}

function directoryOf(open: () => Workspace, target: string): string {
  const edition = !isPath(target) && statSync(target, { throwIfNoEntry: false }) === undefined;
  if (edition) leafOfEdition(open(), target);
  const directory = edition ? distOf(open(), target) : resolve(target);
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) return directory;
  throw new CliError('NO_IMAGE', `there is no directory ${directory}`, {
    hint: edition ? nxOf('build', target) : 'name the directory of a built ISO, as dist/iso-dhi',
  });
}
