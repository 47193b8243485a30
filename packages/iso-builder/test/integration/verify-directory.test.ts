import { copyFile, cp, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EvidenceInput, writeEvidence } from '../../src/evidence/write.ts';
import { digestOfFile } from '../../src/evidence/digest.ts';
import { verifyDirectory } from '../../src/index.ts';
import { verifyIso } from '../../src/evidence/verify-iso.ts';
import { makeIso, temporaryDirectory } from '../puppet/puppet.ts';

// A result as a build leaves it, made without an engine; each test spoils a copy of it in one place.
const resources = new AsyncDisposableStack();
let folder: string;
let good: string;
const name = 'phyllome-l-44.iso';

beforeAll(async () => {
  folder = resources.use(await temporaryDirectory()).path;
  good = join(folder, 'good');
  await mkdir(join(good, 'logs', 'anaconda'), { recursive: true });
  const iso = join(good, name);
  await copyFile(await makeIso(folder), iso);
  await writeFile(join(good, 'logs', 'livemedia.log'), 'one\n');
  await writeFile(join(good, 'logs', 'anaconda', 'dnf.rpm.log'), 'bash\n');
  await writeEvidence(good, input({ name, ...(await verifyIso(iso)), ...(await digestOfFile(iso)) }));
});
afterAll(() => resources.disposeAsync());

const input = (iso: EvidenceInput['manifest']['iso']): EvidenceInput => ({
  manifest: {
    schema: 'phyllome-image-manifest/1',
    iso,
    builder: { name: 'puppet', contextDigest: `sha256:${'d'.repeat(64)}`, imageId: 'sha256:e' },
    kickstart: { sha256: 'b'.repeat(64) },
    project: 'Phyllome OS',
    releasever: '44',
    profile: 'draft',
    argv: ['livemedia-creator'],
    engine: { kind: 'docker', version: '1' },
    labels: {},
    startedAt: new Date(0).toISOString(),
    finishedAt: new Date(1000).toISOString(),
    phasesMs: {},
  },
  report: undefined,
  packages: {
    schema: 'phyllome-packages/1',
    type: 'rpm',
    distribution: 'fedora',
    release: '44',
    source: 'logs/anaconda/dnf.rpm.log',
    packages: [{ name: 'bash', version: '5.2.37-3.fc44', arch: 'x86_64' }],
  },
  materials: [],
  tools: {},
  parameters: {},
  documents: {},
  invocationId: 'i',
});

/** Code and message of everything that is wrong, by check. */
async function wrongWith(directory: string): Promise<Record<string, string[]>> {
  const { checks } = await verifyDirectory(directory);
  return Object.fromEntries(
    checks
      .filter(({ problems }) => problems.length > 0)
      .map((check) => [
        check.name,
        check.problems.map(({ code, message }) => `${code} ${message.replace(`${directory}/`, '')}`),
      ]),
  );
}

let copies = 0;
async function spoiled(spoil: (directory: string) => Promise<void>): Promise<Record<string, string[]>> {
  copies += 1;
  const directory = join(folder, `copy-${copies}`);
  await cp(good, directory, { recursive: true });
  await spoil(directory);
  const wrong = await wrongWith(directory);
  await rm(directory, { recursive: true });
  return wrong;
}
const edit = async (file: string, change: (text: string) => string): Promise<void> =>
  writeFile(file, change(await readFile(file, 'utf8')));
const containing = (part: string): unknown => expect.stringContaining(part);

test('a result is as it was built', async () => {
  const { checks, manifest } = await verifyDirectory(good);
  expect(checks.map((check) => check.name)).toEqual([
    'manifest',
    'files',
    'iso',
    'checksum',
    'medium',
    'packages',
    'sbom',
    'provenance',
  ]);
  expect(checks.flatMap(({ problems }) => problems)).toEqual([]);
  expect(manifest?.iso.name).toBe(name);
});

test('what others put beside it is named', async () => {
  expect(await spoiled((directory) => writeFile(join(directory, 'notes.txt'), '{}'))).toEqual({
    files: ['EVIDENCE_DIFFERS notes.txt is not in manifest.json: it was added later'],
  });
});

test('one changed byte of the ISO', async () => {
  const wrong = await spoiled(async (directory) => {
    const iso = await readFile(join(directory, name));
    iso[300_000] = (iso[300_000] ?? 0) ^ 1;
    await writeFile(join(directory, name), iso);
  });
  expect(wrong).toEqual({
    iso: [containing(`EVIDENCE_DIFFERS ${name} has the SHA-256`)],
    checksum: [containing('in CHECKSUM'), containing(`in ${name}.sha256`)],
    medium: [containing('ISO_CHECKSUM_WRONG')],
    provenance: [containing(`of ${name}`)],
  });
});

test('a truncated ISO', async () => {
  const wrong = await spoiled((directory) => truncate(join(directory, name), 200_000));
  expect(wrong).toMatchObject({
    iso: [containing(`EVIDENCE_DIFFERS ${name} has 200000 bytes, but`)],
    medium: [containing('ISO_TRUNCATED')],
  });
});

test('no ISO', async () => {
  expect(await spoiled((directory) => rm(join(directory, name)))).toEqual({
    iso: [`ISO_MISSING ${name} is not there`],
  });
});

test('no manifest, and one that is none', async () => {
  expect(await spoiled((directory) => rm(join(directory, 'manifest.json')))).toEqual({
    manifest: ['EVIDENCE_MISSING manifest.json is not there'],
  });
  expect(await spoiled((directory) => writeFile(join(directory, 'manifest.json'), '{"schema":'))).toEqual({
    manifest: [containing('EVIDENCE_INVALID manifest.json is not JSON')],
  });
  const wrong = await spoiled((directory) =>
    edit(join(directory, 'manifest.json'), (text) => text.replace('"draft"', '"sketch"')),
  );
  expect(wrong).toEqual({
    manifest: [containing('EVIDENCE_INVALID manifest.json is not what its schema says, at profile')],
  });
});

test('a manifest that speaks of another volume', async () => {
  const wrong = await spoiled((directory) =>
    edit(join(directory, 'manifest.json'), (text) => text.replace('Phyllome-puppet', 'Phyllome-other')),
  );
  expect(wrong).toEqual({
    medium: [containing('has volid Phyllome-puppet, but Phyllome-other in manifest.json')],
    provenance: [containing('of manifest.json, which is'), containing('externalParameters.volid')],
  });
});

test('a log that was changed, removed or added', async () => {
  expect(await spoiled((directory) => writeFile(join(directory, 'logs', 'livemedia.log'), 'two\n'))).toEqual({
    files: [containing('EVIDENCE_DIFFERS logs/livemedia.log has the SHA-256')],
    provenance: [containing('of logs/livemedia.log, which is')],
  });
  expect(await spoiled((directory) => rm(join(directory, 'logs', 'livemedia.log')))).toEqual({
    files: ['EVIDENCE_MISSING logs/livemedia.log is not there'],
  });
  expect(await spoiled((directory) => writeFile(join(directory, 'logs', 'new.log'), ''))).toEqual({
    files: ['EVIDENCE_DIFFERS logs/new.log is not in manifest.json: it was added later'],
  });
});

test('CHECKSUM of something else', async () => {
  const wrong = await spoiled((directory) =>
    edit(join(directory, 'CHECKSUM'), (text) => text.replace(/= [0-9a-f]{8}/u, '= 00000000')),
  );
  expect(wrong).toEqual({
    checksum: [containing(`EVIDENCE_DIFFERS ${name} has the SHA-256`)],
  });
});

test('a package that the bill of materials does not have', async () => {
  const wrong = await spoiled((directory) =>
    edit(join(directory, 'packages.json'), (text) => text.replace('5.2.37-3', '5.2.37-4')),
  );
  expect(wrong).toMatchObject({
    files: [containing('packages.json has the SHA-256')],
    sbom: [containing('sbom.spdx.json has other packages than')],
    provenance: [containing('of packages.json')],
  });
});

test('a bill of materials that is none', async () => {
  const wrong = await spoiled((directory) =>
    edit(join(directory, 'sbom.spdx.json'), (text) => text.replace('SPDX-2.3', 'SPDX-9')),
  );
  expect(wrong).toMatchObject({ sbom: [containing('EVIDENCE_INVALID sbom.spdx.json is not what its schema says')] });
});

test('provenance of another kickstart', async () => {
  const wrong = await spoiled((directory) =>
    edit(join(directory, 'provenance.intoto.json'), (text) => text.replace('b'.repeat(64), 'c'.repeat(64))),
  );
  expect(wrong).toMatchObject({ provenance: [containing('predicate.buildDefinition.resolvedDependencies')] });
});
