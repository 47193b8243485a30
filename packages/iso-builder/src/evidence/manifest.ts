import { join } from 'node:path';
import { parseJson } from '@phyllome/host/json';
import { isName } from '@phyllome/host/names';
import { readPlainFile } from '@phyllome/host/plain-file';
import * as z from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/u);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/u);

/**
 * `manifest.json`: what was built, of what, by what. `schema/manifest.schema.json` is this as a JSON schema, for readers
 * in other languages.
 */
export const manifestSchema = z.object({
  schema: z.literal('phyllome-image-manifest/1'),
  iso: z.object({
    name: z.string(),
    sha256,
    size: z.int().describe('bytes of the file'),
    volumeSize: z.int().describe('bytes of the ISO 9660 volume'),
    volid: z.string(),
    bios: z.boolean(),
    uefi: z.boolean(),
    gpt: z.boolean(),
    implantedMd5: z.string(),
  }),
  builder: z.object({
    name: z.string(),
    contextDigest: digest.describe("content key of the image's build context"),
    imageId: z.string(),
  }),
  kickstart: z.object({ sha256 }),
  project: z.string(),
  releasever: z.string(),
  profile: z.enum(['draft', 'release']),
  sourceDateEpoch: z.int().optional().describe('SOURCE_DATE_EPOCH of the build in seconds, if it had one'),
  argv: z.array(z.string()).describe('the complete command line in the container, passwords of proxies left out'),
  engine: z.object({ kind: z.string(), version: z.string() }),
  labels: z.record(z.string(), z.string()).describe('of the caller: edition, leaf, …'),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  phasesMs: z.record(z.string(), z.number()).describe('milliseconds in each phase'),
  files: z
    .record(z.string(), z.object({ size: z.int(), sha256 }))
    .describe('everything else that the build left, by path'),
  report: z.unknown().optional().describe("the builder's own report, logs/<builder>.json, where it wrote one"),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** Names of the files of a result. */
export const resultFiles = {
  manifest: 'manifest.json',
  checksum: 'CHECKSUM',
  packages: 'packages.json',
  sbom: 'sbom.spdx.json',
  provenance: 'provenance.intoto.json',
  logs: 'logs',
} as const;

/** Bytes that it has at most: a builder's report names some thousand packages. */
const manifestLimit = 64 * 2 ** 20;

/**
 * The manifest of the result in a directory; undefined when there is none, or none that can be read. The ISO's name is one,
 * and leads out of no directory.
 */
export async function readManifest(directory: string): Promise<Manifest | undefined> {
  try {
    const text = await readPlainFile(join(directory, resultFiles.manifest), manifestLimit);
    const manifest = manifestSchema.parse(parseJson(String(text)));
    return isName('iso', manifest.iso.name) ? manifest : undefined;
  } catch {
    return undefined;
  }
}
