import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { codeOf, messageOf } from '@phyllome/host';
import { IsoBuildError, type IsoBuildErrorCode } from '../errors.ts';
import { verifyIso } from './verify-iso.ts';
import { type Manifest, manifestSchema, resultFiles } from './manifest.ts';
import { parseChecksum } from './checksum-file.ts';
import { digestOfFile, type FileDigest, filesBelow } from './digest.ts';
import { type PackageList, packageListSchema } from './packages.ts';
import { builderMaterial, kickstartMaterial, provenanceSchema } from './provenance.ts';
import { spdxOf, spdxSchema } from './spdx.ts';

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
 * - `files` every file that the manifest lists is there with its size and digest, and `logs/` has no others
 * - `checksum` the ISO is what `CHECKSUM` and `<iso>.sha256` say
 * - `iso` the ISO is what the manifest says
 * - `medium` the ISO is complete and bootable, its implanted checksum right, as {@link verifyIso} has it
 * - `packages` the list can be read
 * - `sbom` the bill of materials is of this ISO and this list
 * - `provenance` the statement is of these files, this kickstart and this builder
 */
export type CheckName = 'manifest' | 'files' | 'checksum' | 'iso' | 'medium' | 'packages' | 'sbom' | 'provenance';

/**
 * Checks a result of {@link buildIso} from end to end, offline and with nothing but what lies there: the ISO against
 * its checksums, its manifest and itself, and every document against the others. What is not of the build (`image.json`,
 * reports of tests) is left alone.
 *
 * Nobody has signed the documents: who changes all of them consistently is not found out.
 *
 * @throws the signal's reason when aborted; what is wrong is returned
 */
export const verifyDirectory = async (
  directory: string,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<Verification> => {
  const { signal } = options;
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
  await check('manifest', async () => {
    manifest = await readDocument(directory, resultFiles.manifest, manifestSchema);
  });
  if (manifest === undefined) return { manifest, checks };
  const { iso, files, kickstart, builder, project, sourceDateEpoch, finishedAt } = manifest;

  const digests = new Map<string, FileDigest>();
  await check('files', async (wrong) => {
    for (const [name, expected] of Object.entries(files)) {
      const found = await digestOf(directory, name, signal);
      if (found === undefined) {
        wrong('EVIDENCE_MISSING', name, 'is not there');
        continue;
      }
      digests.set(name, found);
      const what = differs(found, expected);
      if (what !== undefined) wrong('EVIDENCE_DIFFERS', name, `${what} in manifest.json`);
    }
    for (const path of await filesBelow(join(directory, resultFiles.logs)).catch(() => [])) {
      const name = `${resultFiles.logs}/${path}`;
      if (!(name in files)) wrong('EVIDENCE_DIFFERS', name, 'is not in manifest.json: it was added later');
    }
  });

  const image = await digestOf(directory, iso.name, signal);
  if (image !== undefined) digests.set(iso.name, image);
  await check('iso', async (wrong) => {
    if (image === undefined) {
      wrong('ISO_MISSING', iso.name, 'is not there');
      return;
    }
    const what = differs(image, iso);
    if (what !== undefined) wrong('EVIDENCE_DIFFERS', iso.name, `${what} in manifest.json`);
  });
  await check('checksum', async (wrong) => {
    const checksum = parseChecksum(await readText(directory, resultFiles.checksum));
    const line = checksum.find(({ name }) => name === iso.name);
    if (line === undefined) wrong('EVIDENCE_INVALID', resultFiles.checksum, `says nothing of ${iso.name}`);
    const what = line && image && differs(image, line);
    if (what !== undefined) wrong('EVIDENCE_DIFFERS', iso.name, `${what} in ${resultFiles.checksum}`);
    const sum = `${iso.name}.sha256`;
    const [sha256 = '', name] = (await readText(directory, sum)).trimEnd().split('  ');
    if (name !== iso.name) wrong('EVIDENCE_INVALID', sum, `says nothing of ${iso.name}`);
    else if (image && sha256 !== image.sha256)
      wrong('EVIDENCE_DIFFERS', iso.name, `has the SHA-256 ${image.sha256}, but ${sha256} in ${sum}`);
  });
  if (image !== undefined)
    await check('medium', async (wrong) => {
      const facts = await verifyIso(join(directory, iso.name), { signal });
      for (const [key, found, expected] of differences(facts, iso))
        wrong('EVIDENCE_DIFFERS', iso.name, `has ${key} ${String(found)}, but ${String(expected)} in manifest.json`);
    });

  let packages: PackageList | undefined;
  await check('packages', async () => {
    packages = await readDocument(directory, resultFiles.packages, packageListSchema);
  });
  await check('sbom', async (wrong) => {
    const sbom = await readDocument(directory, resultFiles.sbom, spdxSchema);
    if (packages === undefined) return;
    const created = new Date(sourceDateEpoch === undefined ? finishedAt : sourceDateEpoch * 1000);
    const expected = spdxSchema.parse(spdxOf(iso, packages, project, created));
    for (const [part] of differences(expected, sbom))
      wrong('EVIDENCE_DIFFERS', resultFiles.sbom, `has other ${part} than manifest.json and packages.json give`);
  });
  await check('provenance', async (wrong) => {
    const statement = await readDocument(directory, resultFiles.provenance, provenanceSchema);
    const { resolvedDependencies: dependencies } = statement.predicate.buildDefinition;
    const said: [string, string | undefined, string | undefined][] = [
      ...statement.subject.map(({ name, digest }): [string, string, string | undefined] => [
        name,
        digest.sha256,
        digests.get(name)?.sha256,
      ]),
      [
        'the flat kickstart',
        dependencies.find(({ name }) => name === kickstartMaterial)?.digest?.['sha256'],
        kickstart.sha256,
      ],
      [
        "the builder's image",
        dependencies.find(({ name }) => name === builderMaterial)?.digest?.['sha256'],
        builder.contextDigest.replace(/^sha256:/u, ''),
      ],
    ];
    if (!statement.subject.some(({ name }) => name === iso.name))
      wrong('EVIDENCE_DIFFERS', resultFiles.provenance, `is not of ${iso.name}`);
    for (const [what, stated, found] of said)
      if (found !== undefined && stated !== found)
        wrong('EVIDENCE_DIFFERS', resultFiles.provenance, `says ${stated} of ${what}, which is ${found}`);
  });
  return { manifest, checks };
};

type VerifyCode = Extract<
  IsoBuildErrorCode,
  'EVIDENCE_MISSING' | 'EVIDENCE_DIFFERS' | 'EVIDENCE_INVALID' | 'ISO_MISSING'
>;
type Wrong = (code: VerifyCode, file: string, what: string) => void;

const hints: Record<VerifyCode, string> = {
  EVIDENCE_MISSING: 'fetch it from where the result came from, or build it again',
  EVIDENCE_DIFFERS: 'do not use it: fetch the result again from where it came, or build it again',
  EVIDENCE_INVALID: 'fetch it from where the result came from, or build it again',
  ISO_MISSING: 'phyllome build links it from the image store, or builds it again',
};

/** The entries of `found` that are others in `expected`. */
const differences = (found: object, expected: object): [string, unknown, unknown][] => {
  const expectations = new Map<string, unknown>(Object.entries(expected));
  return Object.entries(found)
    .map(([key, value]): [string, unknown, unknown] => [key, value, expectations.get(key)])
    .filter(([, value, other]) => JSON.stringify(value) !== JSON.stringify(other));
};

const differs = (found: FileDigest, expected: FileDigest): string | undefined =>
  found.size === expected.size
    ? found.sha256 === expected.sha256
      ? undefined
      : `has the SHA-256 ${found.sha256}, but ${expected.sha256}`
    : `has ${found.size} bytes, but ${expected.size}`;

const digestOf = async (
  directory: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<FileDigest | undefined> => {
  try {
    return await digestOfFile(join(directory, name), signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (codeOf(error) === 'ENOENT') return undefined;
    throw unreadable(directory, name, error);
  }
};

const readText = async (directory: string, name: string): Promise<string> => {
  try {
    return await readFile(join(directory, name), 'utf8');
  } catch (error) {
    throw unreadable(directory, name, error);
  }
};

const unreadable = (directory: string, name: string, cause: unknown): IsoBuildError =>
  codeOf(cause) === 'ENOENT'
    ? new IsoBuildError('EVIDENCE_MISSING', `${join(directory, name)} is not there`, {
        hint: hints.EVIDENCE_MISSING,
        cause,
      })
    : new IsoBuildError('EVIDENCE_INVALID', `${join(directory, name)} cannot be read: ${messageOf(cause)}`, {
        hint: hints.EVIDENCE_INVALID,
        cause,
      });

const readDocument = async <T>(directory: string, name: string, schema: z.ZodType<T>): Promise<T> => {
  const text = await readText(directory, name);
  const invalid = (why: string, cause: unknown): IsoBuildError =>
    new IsoBuildError('EVIDENCE_INVALID', `${join(directory, name)} ${why}`, { hint: hints.EVIDENCE_INVALID, cause });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid(`is not JSON: ${messageOf(cause)}`, cause);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(
    `is not what its schema says, at ${issue?.path.join('.') || 'its root'}: ${issue?.message}`,
    parsed.error,
  );
};
