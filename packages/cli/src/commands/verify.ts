import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Check } from '@phyllome/iso-builder';
import { verifyResult } from '@phyllome/pipeline/image';
import { CliError } from '../errors.ts';
import { isPath } from '../kickstart-options.ts';
import { say } from '../render.ts';
import { distOf, leafOfEdition, type Workspace } from '@phyllome/pipeline';
import { printJson } from '../print.ts';

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
