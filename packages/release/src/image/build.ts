import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@phyllome/host/json';
import { isName, isSha256 } from '@phyllome/host';
import { PlainFileError, readPlainFile } from '@phyllome/host/plain-file';
import * as z from 'zod';
import { ReleaseError } from '../errors.ts';

/** A package as the image's list has it. */
export interface Package {
  name: string;
  version: string;
  arch?: string | undefined;
}

/** What one firmware's run came to. */
export interface Verdict {
  firmware: string;
  status: 'accepted' | 'rejected' | 'inconclusive';
  cause?: string | undefined;
  phase?: string | undefined;
  /** Of the artifacts, relative to the build's directory. */
  directory: string;
  /** The last screenshot among them, relative to the build's directory. */
  screenshot: string | undefined;
}

/** An image with its evidence, as `dist/iso-dhi` has it. Sizes in bytes. */
export interface Build {
  directory: string;
  edition: string;
  /** File name of the ISO, beside the evidence. */
  iso: string;
  size: number;
  sha256: string;
  volid: string;
  profile: string;
  builder: string;
  /** Made of Debian packages to prove the pipeline. It is not Phyllome OS. */
  rehearsal: boolean;
  releasever: string;
  sourceDateEpoch: number | undefined;
  packages: Package[];
  verdicts: Verdict[];
  /** Paths of all that was built beside the ISO, below the directory: what `phyllome verify` reads. Sorted. */
  evidence: string[];
}

/** Plain names, separated by slashes. */
function isPathBelow(path: string): boolean {
  return path.split('/').every((name) => isName('file', name));
}

/** Of every build, beside what its manifest lists; the last two where it has them. */
const always = ['manifest.json', 'image.json', 'packages.json', 'sbom.spdx.json', 'provenance.intoto.json'];
const perhaps = ['CHECKSUM', 'provenance.sigstore.json'];

const fileName = z.string().refine((name) => isName('iso', name), 'is not a file name');
const Image = z.object({
  edition: z.string().refine((name) => isName('edition', name), 'is not the name of an edition'),
  name: fileName,
  volid: z.string(),
  size: z.number().int().positive(),
  sha256: z.string().refine(isSha256, 'is not a SHA-256'),
  builder: z.string(),
  rehearsal: z.boolean(),
  profile: z.string(),
});
const Manifest = z.object({
  iso: z.object({ name: z.string(), sha256: z.string(), size: z.number() }),
  releasever: z.string(),
  sourceDateEpoch: z.number().optional(),
  files: z.record(z.string().refine(isPathBelow, 'is not a path below the build'), z.unknown()).default({}),
});
const Packages = z.object({
  packages: z.array(z.object({ name: z.string(), version: z.string(), arch: z.string().optional() })),
});
const VerdictFile = z.object({
  status: z.enum(['accepted', 'rejected', 'inconclusive']),
  cause: z.string().optional(),
  phase: z.string().optional(),
});

/** More than the evidence of any image has. */
const longestDocument = 64 * 1024 * 1024;

/**
 * Reads a built image's evidence. Whether the ISO itself is what the evidence says is for `phyllome verify`.
 *
 * @param directory as `dist/iso-dhi`
 * @throws {ReleaseError} NOT_A_BUILD when there is none; BUILD_DAMAGED when its documents contradict each other
 */
export async function readBuild(directory: string): Promise<Build> {
  const image = await readDocument(directory, 'image.json', Image);
  const manifest = await readDocument(directory, 'manifest.json', Manifest);
  const { packages } = await readDocument(directory, 'packages.json', Packages);
  if (manifest.iso.sha256 !== image.sha256 || manifest.iso.name !== image.name || manifest.iso.size !== image.size) {
    throw new ReleaseError('BUILD_DAMAGED', `${directory}: manifest.json and image.json are of two images`, {
      hint: `build it again: pnpm nx build iso-${image.edition}`,
    });
  }
  return {
    directory,
    edition: image.edition,
    iso: image.name,
    size: image.size,
    sha256: image.sha256,
    volid: image.volid,
    profile: image.profile,
    builder: image.builder,
    rehearsal: image.rehearsal,
    releasever: manifest.releasever,
    sourceDateEpoch: manifest.sourceDateEpoch,
    packages,
    evidence: await evidenceOf(directory, Object.keys(manifest.files)),
    verdicts: await readVerdicts(directory),
  };
}

async function evidenceOf(directory: string, listed: readonly string[]): Promise<string[]> {
  const there = await readdir(directory);
  return [...new Set([...always, ...perhaps.filter((name) => there.includes(name)), ...listed])].toSorted();
}

async function readDocument<Shape>(directory: string, name: string, shape: z.ZodType<Shape>): Promise<Shape> {
  const refuse = (why: string): never => {
    throw new ReleaseError('NOT_A_BUILD', `${join(directory, name)} ${why}`, {
      hint: 'name the directory of a built image, as dist/iso-dhi',
    });
  };
  let text: string;
  try {
    text = (await readPlainFile(join(directory, name), longestDocument)).toString('utf8');
  } catch (error) {
    if (error instanceof PlainFileError) return refuse(error.what);
    throw error;
  }
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return refuse('is not JSON');
  }
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return refuse(`is not as the pipeline writes it: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
}

/** Of `test-vm/<firmware>/`; an image that was not judged has none. */
async function readVerdicts(directory: string): Promise<Verdict[]> {
  const judged = await readdir(join(directory, 'test-vm'), { withFileTypes: true }).catch(() => []);
  const verdicts: Verdict[] = [];
  for (const { name } of judged.filter((entry) => entry.isDirectory()).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const artifacts = join('test-vm', name);
    const verdict = await readDocument(join(directory, artifacts), 'verdict.json', VerdictFile).catch(() => undefined);
    if (verdict === undefined) continue;
    verdicts.push({
      firmware: name,
      directory: artifacts,
      screenshot: await lastShot(directory, artifacts),
      ...verdict,
    });
  }
  return verdicts.length > 0 ? verdicts : await readReleasedVerdicts(directory);
}

/** As a release keeps them: `bios-verdict.json` beside the evidence. */
async function readReleasedVerdicts(directory: string): Promise<Verdict[]> {
  const names = (await readdir(directory).catch(() => [])).toSorted((a, b) => (a < b ? -1 : 1));
  const verdicts: Verdict[] = [];
  for (const name of names) {
    const [, firmware] = /^([a-z-]+)-verdict\.json$/u.exec(name) ?? [];
    const verdict = firmware && (await readDocument(directory, name, VerdictFile).catch(() => undefined));
    if (!firmware || !verdict) continue;
    const screen = `${firmware}-screen.png`;
    verdicts.push({ firmware, directory: '.', screenshot: names.includes(screen) ? screen : undefined, ...verdict });
  }
  return verdicts;
}

/** The named screenshot of the end, else the last one of the series. */
async function lastShot(directory: string, artifacts: string): Promise<string | undefined> {
  const names = async (path: string): Promise<string[]> =>
    (await readdir(join(directory, path), { withFileTypes: true }).catch(() => []))
      .filter((entry) => entry.isFile() && entry.name.endsWith('.png'))
      .map((entry) => entry.name)
      .toSorted();
  if ((await names(artifacts)).includes('final.png')) return join(artifacts, 'final.png');
  const last = (await names(join(artifacts, 'shots'))).at(-1);
  return last === undefined ? undefined : join(artifacts, 'shots', last);
}
