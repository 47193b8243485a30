import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, resultFiles } from './manifest.ts';
import { checksumText } from './checksum-file.ts';
import { digestOfFile, digestOfText, type FileDigest, filesBelow } from './digest.ts';
import type { PackageList } from './packages.ts';
import { type Material, provenanceOf } from './provenance.ts';
import { spdxOf } from './spdx.ts';

/** What the evidence is made from, beside the files that the build left in `logs/`. */
export interface EvidenceInput {
  manifest: Omit<Manifest, 'files' | 'report'>;
  /** `logs/<builder>.json`, if there is one. */
  report: unknown;
  packages: PackageList;
  materials: readonly Material[];
  /** Program and version. */
  tools: Readonly<Record<string, string>>;
  /** What the caller chose, for the provenance. */
  parameters: Record<string, unknown>;
  invocationId: string;
}

/**
 * Writes what lies beside an ISO: `<iso>.sha256`, `CHECKSUM`, `packages.json`, `sbom.spdx.json`,
 * `provenance.intoto.json` and, last, `manifest.json`, which lists all the others and the logs with their digests.
 *
 * @param directory the result, with its complete `logs/`
 */
export const writeEvidence = async (directory: string, input: EvidenceInput): Promise<Manifest> => {
  const { iso, builder, project, sourceDateEpoch, kickstart, startedAt, finishedAt } = input.manifest;
  const { packages } = input;
  const logs: Record<string, FileDigest> = {};
  for (const path of await filesBelow(join(directory, resultFiles.logs)))
    logs[`${resultFiles.logs}/${path}`] = await digestOfFile(join(directory, resultFiles.logs, path));
  const files: Record<string, FileDigest> = {};
  const write = async (name: string, content: string | object): Promise<string> => {
    const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`;
    await writeFile(join(directory, name), text);
    files[name] = digestOfText(text);
    return files[name].sha256;
  };

  await write(`${iso.name}.sha256`, `${iso.sha256}  ${iso.name}\n`);
  await write(resultFiles.checksum, checksumText(iso));
  const packagesSha256 = await write(resultFiles.packages, packages);
  // A bill of materials of the same sources is the same on any day.
  const created = sourceDateEpoch === undefined ? new Date(finishedAt) : new Date(sourceDateEpoch * 1000);
  const sbomSha256 = await write(resultFiles.sbom, spdxOf(iso, packages, project, created));
  const provenance = provenanceOf({
    subject: {
      [iso.name]: iso.sha256,
      [resultFiles.packages]: packagesSha256,
      [resultFiles.sbom]: sbomSha256,
    },
    parameters: input.parameters,
    internal: { argv: input.manifest.argv, ...(sourceDateEpoch === undefined ? {} : { sourceDateEpoch }) },
    kickstartSha256: kickstart.sha256,
    materials: input.materials,
    builder,
    tools: input.tools,
    invocationId: input.invocationId,
    startedAt: new Date(startedAt),
    finishedAt: new Date(finishedAt),
    byproducts: Object.fromEntries(Object.entries(logs).map(([path, { sha256 }]) => [path, sha256])),
  });
  await write(resultFiles.provenance, provenance);
  const manifest: Manifest = {
    ...input.manifest,
    files: { ...files, ...logs },
    ...(input.report === undefined ? {} : { report: input.report }),
  };
  await writeFile(join(directory, resultFiles.manifest), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
};

/** A command line without the password that an option's URL may have, as `--proxy` does. Pure. */
export const withoutPasswords = (argv: readonly string[]): string[] =>
  argv.map((argument) => argument.replace(/(:\/\/[^/@:\s]*):[^/@\s]*@/gu, '$1:…@'));
