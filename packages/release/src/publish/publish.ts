import { copyFile, lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { constants, createReadStream, createWriteStream } from 'node:fs';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { findProgram, nameProblem } from '@phyllome/host';
import { isObject, parseJson } from '@phyllome/host/json';
import { digestOfPlainFile, readPlainFile } from '@phyllome/host/plain-file';
import { execa } from 'execa';
import { diffImages } from '../diff/diff-images.ts';
import { ReleaseError } from '../errors.ts';
import type { Build } from '../image/build.ts';
import { renderPage } from './page.ts';
import { readReleases } from './releases.ts';
import { EVIDENCE_ARCHIVE, writeEvidenceArchive } from './evidence-archive.ts';
import type { PublishOptions, PublishedEdition, PublishedFile, ReleasedBuild } from './edition.ts';

export interface Published {
  directory: string;
  editions: PublishedEdition[];
  signed: boolean;
  /** What was left out, and why. */
  notes: string[];
}

/** Beside the ISO, in a directory of the edition's name. */
const EVIDENCE = ['image.json', 'manifest.json', 'packages.json', 'sbom.spdx.json', 'provenance.intoto.json'];
/** Beside it when the build was signed. */
const SIGNATURE = 'provenance.sigstore.json';
/** Bytes of a signature at most. */
const largestSignature = 16 * 2 ** 20;

/**
 * Lays out a release as a directory of plain files: ISOs, CHECKSUM, evidence, a page, and `releases.json` for programs.
 * Every ISO is hashed again on the way, so that what is published is what was judged.
 *
 * @throws {ReleaseError} BAD_TAG, RELEASE_EXISTS, NOTHING_TO_RELEASE, NOT_ACCEPTED, BUILD_DAMAGED
 */
export async function publish(options: PublishOptions): Promise<Published> {
  const { tag, builds, destination, evenUnjudged = false } = options;
  const problem = nameProblem('file', tag);
  if (problem !== undefined) throw new ReleaseError('BAD_TAG', 'the tag cannot name a release', { hint: problem });
  if (builds.length === 0) {
    throw new ReleaseError('NOTHING_TO_RELEASE', 'there is no built edition to release', {
      hint: 'build some first: pnpm nx run-many -t build -p tag:type:iso --configuration=release',
    });
  }
  if (!evenUnjudged) for (const { build } of builds) requireAccepted(build);
  await requireAbsent(destination);
  const work = `${resolve(destination)}.partial`;
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  try {
    const published = await layOut(work, options);
    await rename(work, destination);
    return { ...published, directory: destination };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function requireAccepted({ edition, profile, verdicts, directory }: Build): void {
  const rejected = verdicts.find(({ status }) => status !== 'accepted');
  if (verdicts.length > 0 && !rejected) return;
  const why = rejected ? `${rejected.status} under ${rejected.firmware}` : 'not judged';
  throw new ReleaseError('NOT_ACCEPTED', `${directory}: edition ${edition} is ${why}`, {
    hint: `pnpm nx test-vm iso-${edition} --configuration=${profile}, or release it all the same with --even-unjudged`,
  });
}

async function requireAbsent(destination: string): Promise<void> {
  const there = await lstat(destination).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (there === undefined) return;
  throw new ReleaseError('RELEASE_EXISTS', `${destination} is there already`, {
    hint: 'a release is never changed: choose another tag, or remove the directory',
  });
}

async function layOut(work: string, options: PublishOptions): Promise<Omit<Published, 'directory'>> {
  const { builds, baseUrl, sign, tag, project, date, previousReleases } = options;
  const notes: string[] = [];
  const editions: PublishedEdition[] = [];
  for (const released of builds) editions.push(await layOutEdition(work, released, options, notes));
  const sums = checksums(editions);
  const signed = sign !== undefined;
  await writeFile(join(work, 'CHECKSUM'), signed ? await sign(sums) : sums);
  if (!signed) notes.push('CHECKSUM is not signed: no key is configured');
  if (baseUrl === undefined) notes.push('no zsync and torrent files: they need --base-url');
  const releases = await readReleases(previousReleases, { tag, project, date, editions });
  await writeFile(join(work, 'releases.json'), `${JSON.stringify(releases, undefined, 2)}\n`);
  await writeFile(join(work, 'index.html'), renderPage({ ...options, editions, signed, releases }));
  return { editions, signed, notes };
}

async function layOutEdition(
  work: string,
  released: ReleasedBuild,
  { splitBytes, baseUrl, signal }: PublishOptions,
  notes: string[],
): Promise<PublishedEdition> {
  const { build, kickstart, previous } = released;
  const source = join(build.directory, build.iso);
  const { sha256, size } = await digestOfPlainFile(source, { signal });
  if (sha256 !== build.sha256 || size !== build.size) {
    throw new ReleaseError('BUILD_DAMAGED', `${source} is not the ISO that its evidence describes`, {
      hint: `put it back from the image store: pnpm nx build iso-${build.edition} --configuration=${build.profile}`,
    });
  }
  const iso = { path: build.iso, size, sha256 };
  const split = splitBytes !== undefined && size > splitBytes;
  const parts = split ? await splitInto(work, source, iso, splitBytes) : [];
  if (!split) await copyFile(source, join(work, build.iso), constants.COPYFILE_FICLONE);
  const directory = join(work, build.edition);
  await mkdir(directory);
  for (const name of EVIDENCE) await copyFile(join(build.directory, name), join(directory, name));
  const isSigned = await copyIfThere(join(build.directory, SIGNATURE), join(directory, SIGNATURE));
  await writeFile(join(directory, 'kickstart.cfg'), kickstart);
  await writeEvidenceArchive(build, join(directory, EVIDENCE_ARCHIVE));
  const evidence = [...EVIDENCE, ...(isSigned ? [SIGNATURE] : []), 'kickstart.cfg', EVIDENCE_ARCHIVE];
  return {
    released,
    iso,
    parts,
    evidence: evidence.map((name) => `${build.edition}/${name}`),
    signedByKey: isSigned && (await isSignedByKey(join(directory, SIGNATURE))),
    runs: await copyRuns(build, directory),
    zsync: split || baseUrl === undefined ? undefined : await zsyncOf(work, build.iso, baseUrl, notes, signal),
    torrent: split || baseUrl === undefined ? undefined : await torrentOf(work, build.iso, baseUrl, notes, signal),
    changes: previous && diffImages({ build: previous }, { build }),
  };
}

/** @returns whether it was there */
async function copyIfThere(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

/** With a key that somebody has, and not with one that was certified for one signature. */
async function isSignedByKey(bundle: string): Promise<boolean> {
  const content = parseJson(String(await readPlainFile(bundle, largestSignature)));
  const material = isObject(content) ? content['verificationMaterial'] : undefined;
  return isObject(material) && 'publicKey' in material;
}

async function copyRuns(build: Build, directory: string): Promise<PublishedEdition['runs']> {
  const runs: PublishedEdition['runs'] = [];
  for (const { firmware, directory: artifacts, screenshot } of build.verdicts) {
    const copy = async (from: string, file: string): Promise<string | undefined> => {
      const name = `${firmware}-${file}`;
      const isThere = await copyIfThere(join(build.directory, from), join(directory, name));
      return isThere ? `${build.edition}/${name}` : undefined;
    };
    for (const file of ['verdict.json', 'checks.json']) await copy(join(artifacts, file), file);
    runs.push({
      firmware,
      report: await copy(join(artifacts, 'report.html'), 'report.html'),
      screenshot: screenshot === undefined ? undefined : await copy(screenshot, 'screen.png'),
    });
  }
  return runs;
}

/** `name.part1`, `name.part2`…: `cat name.part* >name` puts them together, in a shell's own order up to nine. */
async function splitInto(work: string, source: string, iso: PublishedFile, bytes: number): Promise<PublishedFile[]> {
  const count = Math.ceil(iso.size / bytes);
  const width = String(count).length;
  const parts: PublishedFile[] = [];
  for (let index = 0; index < count; index++) {
    const path = `${iso.path}.part${String(index + 1).padStart(width, '0')}`;
    const start = index * bytes;
    const end = Math.min(start + bytes, iso.size) - 1;
    await pipeline(createReadStream(source, { start, end }), createWriteStream(join(work, path), { flags: 'wx' }));
    const { sha256, size } = await digestOfPlainFile(join(work, path));
    parts.push({ path, size, sha256 });
  }
  return parts;
}

/** In the format of Fedora's own CHECKSUM files, which `sha256sum -c` reads. */
function checksums(editions: readonly PublishedEdition[]): string {
  return editions
    .flatMap(({ iso, parts }) => (parts.length === 0 ? [iso] : [...parts, iso]))
    .map(({ path, size, sha256 }) => `# ${path}: ${size} bytes\nSHA256 (${path}) = ${sha256}\n`)
    .join('');
}

async function zsyncOf(
  work: string,
  iso: string,
  baseUrl: string,
  notes: string[],
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (findProgram('zsyncmake', process.env) === undefined) {
    note(notes, 'no zsync files: zsyncmake is not installed');
    return undefined;
  }
  await run(work, 'zsyncmake', ['-u', urlOf(baseUrl, iso), '-o', `${iso}.zsync`, iso], signal);
  return `${iso}.zsync`;
}

async function torrentOf(
  work: string,
  iso: string,
  baseUrl: string,
  notes: string[],
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (findProgram('mktorrent', process.env) === undefined) {
    note(notes, 'no torrent files: mktorrent is not installed');
    return undefined;
  }
  // Without a tracker: the web server is the seed, and clients find each other by the distributed hash table.
  await run(work, 'mktorrent', ['-d', '-w', urlOf(baseUrl, iso), '-o', `${iso}.torrent`, iso], signal);
  return `${iso}.torrent`;
}

const urlOf = (baseUrl: string, file: string): string =>
  new URL(file, baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`).href;

function note(notes: string[], text: string): void {
  if (!notes.includes(text)) notes.push(text);
}

async function run(cwd: string, program: string, args: string[], signal: AbortSignal | undefined): Promise<void> {
  await execa(program, args, { cwd, ...(signal && { cancelSignal: signal }) });
}
