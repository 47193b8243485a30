import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, resultFiles } from './manifest.ts';
import { checksumText } from './checksum-file.ts';
import { digestOfFile, digestOfText, type FileDigest, filesBelow } from './digest.ts';
import { documentText } from './document.ts';
import type { PackageList } from './packages.ts';
import { type ProvenanceInput, provenanceOfResult } from './provenance.ts';
import { spdxOf } from './spdx.ts';

/** What the evidence is made from, beside the files that the build left in `logs/`. */
export interface EvidenceInput extends Omit<ProvenanceInput, 'subject'> {
  manifest: Omit<Manifest, 'files' | 'report'>;
  /** `logs/<builder>.json`, if there is one. */
  report: unknown;
  packages: PackageList;
  /** Documents of the caller's, by file name: they are evidence like the others. */
  documents: Readonly<Record<string, object>>;
}

/**
 * Writes what is beside an ISO: `<iso>.sha256`, `CHECKSUM`, `packages.json`, `sbom.spdx.json`, `manifest.json`, which
 * lists all of those and the logs with their digests, and, last, `provenance.intoto.json`, which lists the manifest, too:
 * a signature of that one file covers all.
 *
 * `CHECKSUM` alone is in neither list, for it may be replaced by the same text, signed: it follows from the ISO.
 *
 * @param directory the result, with its complete `logs/`
 */
export async function writeEvidence(directory: string, input: EvidenceInput): Promise<Manifest> {
  const { iso, project, sourceDateEpoch, finishedAt } = input.manifest;
  const { packages, documents } = input;
  const files: Record<string, FileDigest> = {};
  const write = async (name: string, content: string | object): Promise<void> => {
    const text = typeof content === 'string' ? content : documentText(content);
    await writeFile(join(directory, name), text);
    files[name] = digestOfText(text);
  };

  await writeFile(join(directory, resultFiles.checksum), checksumText(iso));
  await write(`${iso.name}.sha256`, `${iso.sha256}  ${iso.name}\n`);
  await write(resultFiles.packages, packages);
  // A bill of materials of the same sources is the same on any day.
  const created = sourceDateEpoch === undefined ? new Date(finishedAt) : new Date(sourceDateEpoch * 1000);
  await write(resultFiles.sbom, spdxOf(iso, packages, project, created));
  for (const [name, document] of Object.entries(documents)) await write(name, document);
  for (const path of await filesBelow(join(directory, resultFiles.logs)))
    files[`${resultFiles.logs}/${path}`] = await digestOfFile(join(directory, resultFiles.logs, path));
  const manifest: Manifest = {
    ...input.manifest,
    files: { ...files },
    ...(input.report === undefined ? {} : { report: input.report }),
  };
  await write(resultFiles.manifest, manifest);
  const subject = Object.fromEntries(
    [[iso.name, iso] as const, ...Object.entries(files)].map(([name, { sha256 }]) => [name, sha256]),
  );
  const provenance = provenanceOfResult(manifest, { ...input, subject });
  await writeFile(join(directory, resultFiles.provenance), documentText(provenance));
  return manifest;
}

/** A command line without the password that an option's URL may have, as `--proxy` does. Pure. */
export const withoutPasswords = (argv: readonly string[]): string[] =>
  argv.map((argument) => argument.replace(/(:\/\/[^/@:\s]*):[^/@\s]*@/gu, '$1:…@'));
