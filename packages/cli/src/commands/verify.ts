import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Check } from '@phyllome/iso-builder';
import { verifyResult } from '@phyllome/pipeline/image';
import { CliError } from '../errors.ts';
import { isPath } from '../options/kickstart.ts';
import { say } from '../render.ts';
import { distOf, leafOfEdition, type Workspace } from '@phyllome/pipeline';
import { printJson } from '../print.ts';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatOption, jsonOption } from '../options/format.ts';

export const examples: readonly Example[] = [
  ['phyllome verify dhi', 'check the ISO in dist/iso-dhi and its evidence'],
  ['phyllome verify /mnt/release --json', 'check any directory, for programs'],
];

export function define(command: Command, context: Context): void {
  command
    .argument('<directory>', 'as dist/iso-dhi; or an edition, as dhi')
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .action(async (directory: string, { format }: { format: 'human' | 'json' }) => {
      const good = await verifyCommand(() => context.open(), directory, { format, signal: context.signal });
      if (!good) context.exitWith(exitCodes.no);
    });
}

const what: Record<Check['name'], string> = {
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

/**
 * `phyllome verify DIR`: checks a built ISO and everything beside it, offline. False when something is wrong.
 *
 * @param target a directory, or an edition, whose ISO lies in `dist/`
 * @throws {CliError} NO_IMAGE when there is no such directory, UNKNOWN_EDITION
 */
export async function verifyCommand(
  open: () => Workspace,
  target: string,
  { format, signal }: { format: 'human' | 'json'; signal: AbortSignal },
): Promise<boolean> {
  const { manifest, checks } = await verifyResult(directoryOf(open, target), { signal });
  const good = checks.every(({ problems }) => problems.length === 0);
  if (format === 'json') {
    const plain = checks.map(({ name, problems }) => ({
      name,
      problems: problems.map(({ code, message, hint }) => ({ code, message, hint })),
    }));
    printJson({ version: 1, iso: manifest?.iso.name ?? null, good, checks: plain }, 2);
    return good;
  }
  for (const { name, problems } of checks) {
    say(`${problems.length === 0 ? 'ok   ' : 'WRONG'}  ${name.padEnd(10)}  ${what[name]}`);
    for (const { code, message, hint } of problems) say(`         error[${code}] ${message}\n         hint: ${hint}`);
  }
  if (good && manifest) {
    say(`${manifest.iso.name}: all of it is consistent, sha256 ${manifest.iso.sha256}`);
    say('Who built it was not checked: whoever can change all of these files can make them agree.');
  }
  return good;
}

function directoryOf(open: () => Workspace, target: string): string {
  const edition = !isPath(target) && statSync(target, { throwIfNoEntry: false }) === undefined;
  if (edition) leafOfEdition(open(), target);
  const directory = edition ? distOf(open(), target) : resolve(target);
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) return directory;
  throw new CliError('NO_IMAGE', `there is no directory ${directory}`, {
    hint: edition ? `pnpm nx build iso-${target}` : 'name the directory of a built ISO, as dist/iso-dhi',
  });
}
