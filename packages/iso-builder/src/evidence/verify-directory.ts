import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parseJson } from '@phyllome/host/json';
import { messageOf } from '@phyllome/host';
import { isName } from '@phyllome/host/names';
import { PlainFileError, stateOfPlainFile } from '@phyllome/host/plain-file';
import * as z from 'zod';
import { IsoBuildError, type IsoBuildErrorCode } from '../errors.ts';
import { verifyIso } from './verify-iso.ts';
import { type Manifest, manifestSchema, resultFiles } from './manifest.ts';
import { checksumText, cleartextOf, parseChecksum } from './checksum-file.ts';
import { digestOfFile, type FileDigest } from './digest.ts';
import { missingHint, readDocument, readText } from './document.ts';
import { type PackageList, packageListSchema } from './packages.ts';
import { inputOf, provenanceOfResult, provenanceSchema } from './provenance.ts';
import { spdxOf, spdxSchema } from './spdx.ts';
import { walk } from './walk.ts';

/** What was found wrong in a result, by the name of the check: empty when all of it is as it was built. */
export interface Verification {
  manifest: Manifest | undefined;
  checks: readonly Check[];
}

/** One thing that was checked. */
export interface Check {
  name: CheckName;
  /** Each names a file, and what differs. None: it holds. */
  problems: readonly IsoBuildError[];
}

/**
 * - `manifest` it can be read, and is what its schema says
 * - `files` every file that the manifest lists is there with its size and digest; there are no others, no links, no devices
 * - `iso` the ISO is what the manifest says
 * - `checksum` `CHECKSUM` and `<iso>.sha256` say what the ISO is
 * - `medium` the ISO is complete and bootable, its implanted checksum right, as {@link verifyIso} has it
 * - `packages` the list can be read
 * - `sbom` the bill of materials is of this ISO and this list
 * - `documents` what the caller added says what the manifest says
 * - `provenance` the statement is of all these files, and says what the manifest says
 */
export type CheckName =
  | 'manifest'
  | 'files'
  | 'checksum'
  | 'iso'
  | 'medium'
  | 'packages'
  | 'sbom'
  | 'documents'
  | 'provenance';

/** How a result is checked. */
export interface VerifyOptions {
  signal?: AbortSignal | undefined;
  /** False: what does not belong there is not looked for, as long as it is in nothing's place. */
  additions?: boolean;
  /** False: the ISO is not read, which takes seconds; its evidence is checked against itself. */
  iso?: boolean;
  /**
   * Documents that the caller added to a build, by file name. Each says what contradicts the manifest, in the words of a
   * sentence that begins with the file.
   */
  documents?: Readonly<Record<string, (document: unknown, manifest: Manifest) => readonly string[]>>;
  /** Files that may be there without being of the build: signatures. */
  besides?: readonly string[];
  /** Directories that are of something else, and not looked into. */
  foreign?: readonly string[];
}

/**
 * Checks a result of {@link buildIso} from end to end, offline and with nothing but what is there: the ISO against
 * its checksums, its manifest and itself, and every document against the others. Only plain files inside the directory
 * are read, each within bounds.
 *
 * Consistency is all that this proves: who changes all documents consistently is not found out. That takes a signature
 * on the provenance, which lists all the others with their digests.
 *
 * @throws the signal's reason when aborted; what is wrong is returned
 */
export async function verifyDirectory(directory: string, options: VerifyOptions = {}): Promise<Verification> {
  const { signal, documents = {}, besides = [], foreign = [] } = options;
  const checks: Check[] = [];
  const check = async (name: CheckName, work: (wrong: Wrong) => Promise<void>): Promise<void> => {
    const problems: IsoBuildError[] = [];
    const wrong: Wrong = (code, file, what) =>
      void problems.push(new IsoBuildError(code, `${join(directory, file)} ${what}`, { hint: hints[code] }));
    try {
      await work(wrong);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof IsoBuildError)) throw error;
      problems.push(error);
    }
    checks.push({ name, problems });
  };

  let manifest: Manifest | undefined;
  await check('manifest', async (wrong) => {
    const read = await readDocument(directory, resultFiles.manifest, manifestSchema);
    if (!isName('iso', read.iso.name))
      wrong('EVIDENCE_INVALID', resultFiles.manifest, 'gives the ISO an invalid file name');
    else manifest = read;
  });
  if (manifest === undefined) return { manifest, checks };
  const { iso, files, project, sourceDateEpoch, finishedAt } = manifest;
  const known: Manifest = manifest;

  const found = await walk(directory, foreign);
  const digests = new Map<string, FileDigest>();
  const documentNames = [resultFiles.manifest, resultFiles.provenance, resultFiles.checksum];
  await check('files', async (wrong) => {
    const expected = new Set([...documentNames, ...besides, iso.name, ...Object.keys(files)]);
    const ours = (path: string): boolean => [...expected].some((name) => name === path || name.startsWith(`${path}/`));
    for (const { path, what } of found.others)
      if (options.additions !== false || ours(path)) wrong('EVIDENCE_INVALID', path, `is ${what}`);
    if (options.additions !== false) {
      if (found.truncated) wrong('EVIDENCE_INVALID', '.', 'has more files than a result has, or deeper ones');
      for (const path of found.files)
        if (!expected.has(path)) wrong('EVIDENCE_DIFFERS', path, 'is not in manifest.json: it was added later');
    }
    for (const [name, said] of Object.entries(files)) {
      if (!found.files.includes(name)) {
        if (!found.others.some(({ path }) => path === name)) wrong('EVIDENCE_MISSING', name, 'is not there');
        continue;
      }
      const digest = await digestOf(directory, name, { signal, size: said.size });
      if (digest === undefined) continue;
      if (digest.sha256 !== unread) digests.set(name, digest);
      const what = differs(digest, said);
      if (what !== undefined) wrong('EVIDENCE_DIFFERS', name, `${what} in manifest.json`);
    }
    const own = await digestOf(directory, resultFiles.manifest, { signal });
    if (own !== undefined) digests.set(resultFiles.manifest, own);
    const report = `${resultFiles.logs}/${known.builder.name}.json`;
    const text = found.files.includes(report) ? await readText(directory, report) : undefined;
    if ((text === undefined) !== (known.report === undefined))
      wrong('EVIDENCE_DIFFERS', resultFiles.manifest, `has ${text === undefined ? 'a' : 'no'} report, unlike logs/`);
    else if (text !== undefined && !contains(known.report, jsonOf(text)))
      wrong('EVIDENCE_DIFFERS', resultFiles.manifest, `has another report than ${report}`);
  });

  const image =
    options.iso !== false && found.files.includes(iso.name)
      ? await digestOf(directory, iso.name, { signal, size: iso.size })
      : undefined;
  const readImage = image?.sha256 === unread ? undefined : image;
  digests.set(iso.name, readImage ?? iso);
  if (options.iso !== false)
    await check('iso', async (wrong) => {
      if (!isName('iso', iso.name))
        wrong('EVIDENCE_INVALID', resultFiles.manifest, 'gives the ISO an invalid file name');
      else if (image === undefined) wrong('ISO_MISSING', iso.name, 'is not there');
      const what = image && differs(image, iso);
      if (what !== undefined) wrong('EVIDENCE_DIFFERS', iso.name, `${what} in manifest.json`);
    });
  await check('checksum', async (wrong) => {
    const actual = readImage ?? iso;
    const text = cleartextOf(await readText(directory, resultFiles.checksum));
    const checksum = parseChecksum(text);
    const line = checksum.find(({ name }) => name === iso.name);
    if (line === undefined) wrong('EVIDENCE_INVALID', resultFiles.checksum, `says nothing of ${iso.name}`);
    for (const { name } of checksum)
      if (name !== iso.name) wrong('EVIDENCE_INVALID', resultFiles.checksum, `also lists ${name}`);
    const what = line && differs(actual, line);
    if (what !== undefined) wrong('EVIDENCE_DIFFERS', iso.name, `${what} in ${resultFiles.checksum}`);
    if (what === undefined && line !== undefined && text !== checksumText({ ...actual, name: iso.name }))
      wrong('EVIDENCE_INVALID', resultFiles.checksum, 'has more than the checksum of the ISO');
    const sum = `${iso.name}.sha256`;
    const [sha256 = '', name] = (await readText(directory, sum)).trimEnd().split('  ');
    if (name !== iso.name) wrong('EVIDENCE_INVALID', sum, `says nothing of ${iso.name}`);
    else if (sha256 !== actual.sha256)
      wrong('EVIDENCE_DIFFERS', iso.name, `has the SHA-256 ${actual.sha256}, but ${sha256} in ${sum}`);
  });
  if (readImage !== undefined)
    await check('medium', async (wrong) => {
      const facts = await verifyIso(join(directory, iso.name), { signal });
      for (const [key, value, expected] of differences(facts, iso))
        wrong('EVIDENCE_DIFFERS', iso.name, `has ${key} ${String(value)}, but ${String(expected)} in manifest.json`);
    });

  let packages: PackageList | undefined;
  await check('packages', async (wrong) => {
    packages = await readDocument(directory, resultFiles.packages, packageListSchema);
    if (packages.source !== null && !(packages.source in files))
      wrong('EVIDENCE_DIFFERS', resultFiles.packages, 'names a source that manifest.json does not list');
  });
  await check('sbom', async (wrong) => {
    const sbom = await readDocument(directory, resultFiles.sbom, spdxSchema);
    if (packages === undefined) return;
    const created = new Date(sourceDateEpoch === undefined ? finishedAt : sourceDateEpoch * 1000);
    const expected = spdxSchema.parse(spdxOf(iso, packages, project, created));
    for (const [part] of differences(expected, sbom))
      wrong('EVIDENCE_DIFFERS', resultFiles.sbom, `has other ${part} than manifest.json and packages.json give`);
  });
  if (Object.keys(documents).length > 0)
    await check('documents', async (wrong) => {
      for (const [name, contradictions] of Object.entries(documents)) {
        const document = await readDocument(directory, name, z.record(z.string(), z.unknown()));
        for (const what of contradictions(document, known)) wrong('EVIDENCE_DIFFERS', name, what);
      }
    });
  await check('provenance', async (wrong) => {
    const statement = await readDocument(directory, resultFiles.provenance, provenanceSchema);
    const stated = new Map(statement.subject.map(({ name, digest }) => [name, digest.sha256]));
    const covered = [iso.name, resultFiles.manifest, ...Object.keys(files)];
    for (const name of covered) {
      const is = digests.get(name)?.sha256;
      const said = stated.get(name);
      if (said === undefined) wrong('EVIDENCE_DIFFERS', resultFiles.provenance, `is not of ${name}`);
      else if (is !== undefined && said !== is)
        wrong('EVIDENCE_DIFFERS', resultFiles.provenance, `says ${said} of ${name}, which is ${is}`);
    }
    for (const name of stated.keys())
      if (!covered.includes(name))
        wrong('EVIDENCE_DIFFERS', resultFiles.provenance, `is of ${name}, which manifest.json does not list`);
    if (stated.size < statement.subject.length) wrong('EVIDENCE_INVALID', resultFiles.provenance, 'names a file twice');
    const subject = Object.fromEntries(stated);
    const expected = provenanceOfResult(known, { ...inputOf(statement, known), subject });
    for (const path of differingPaths(statement.predicate, expected.predicate))
      wrong('EVIDENCE_DIFFERS', resultFiles.provenance, `contradicts manifest.json, at predicate.${path}`);
  });
  return { manifest, checks };
}

type VerifyCode = Extract<
  IsoBuildErrorCode,
  'EVIDENCE_MISSING' | 'EVIDENCE_DIFFERS' | 'EVIDENCE_INVALID' | 'ISO_MISSING'
>;
type Wrong = (code: VerifyCode, file: string, what: string) => void;

const hints: Record<VerifyCode, string> = {
  EVIDENCE_MISSING: missingHint,
  EVIDENCE_DIFFERS: 'do not use it: fetch the result again from where it came, or build it again',
  EVIDENCE_INVALID: missingHint,
  ISO_MISSING: 'phyllome build links it from the image store, or builds it again',
};

/** The entries of `found` that are others in `expected`. */
function differences(found: object, expected: object): [string, unknown, unknown][] {
  const expectations = new Map<string, unknown>(Object.entries(expected));
  return Object.entries(found)
    .map(([key, value]): [string, unknown, unknown] => [key, value, expectations.get(key)])
    .filter(([, value, other]) => JSON.stringify(value) !== JSON.stringify(other));
}

const differs = (found: FileDigest, expected: FileDigest): string | undefined =>
  found.size === expected.size
    ? found.sha256 === expected.sha256
      ? undefined
      : `has the SHA-256 ${found.sha256}, but ${expected.sha256}`
    : `has ${found.size} bytes, but ${expected.size}`;

/** In the place of the digest of a file that was not read: it is larger than it should be. */
const unread = '';

/**
 * @param options `size`: that it should have. A larger file is wrong whatever is in it, and may have no end, as far as that
 * matters: it is not read
 */
async function digestOf(
  directory: string,
  name: string,
  { signal, size }: { signal: AbortSignal | undefined; size?: number },
): Promise<FileDigest | undefined> {
  try {
    const state = await stateOfPlainFile(join(directory, name));
    if (state !== undefined && size !== undefined && state.size > size) return { size: state.size, sha256: unread };
    return await digestOfFile(join(directory, name), signal);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof PlainFileError && cause.code === 'ENOENT') return undefined;
    const what = cause instanceof PlainFileError ? cause.what : `cannot be read: ${messageOf(cause)}`;
    throw new IsoBuildError('EVIDENCE_INVALID', `${join(directory, name)} ${what}`, {
      hint: hints.EVIDENCE_INVALID,
      cause,
    });
  }
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** Whether all of `part` is in `whole`, at the same place: the caller may have added to the builder's report. Pure. */
function contains(whole: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return whole === part;
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole) !== Array.isArray(part)) return false;
  if (Array.isArray(part) && Array.isArray(whole) && part.length !== whole.length) return false;
  const values = new Map<string, unknown>(Object.entries(whole));
  return Object.entries(part).every(([key, value]) => values.has(key) && contains(values.get(key), value));
}

/** Where two documents differ, as paths of keys. Pure. */
function differingPaths(a: unknown, b: unknown, at: readonly string[] = []): string[] {
  if (isDeepStrictEqual(a, b)) return [];
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a))
    return [at.join('.')];
  const [mine, theirs] = [new Map<string, unknown>(Object.entries(a)), new Map<string, unknown>(Object.entries(b))];
  return [...new Set([...mine.keys(), ...theirs.keys()])].flatMap((key) =>
    differingPaths(mine.get(key), theirs.get(key), [...at, key]),
  );
}
