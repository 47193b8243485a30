import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { manifestSchema } from './manifest.ts';
import { checksumText, parseChecksum } from './checksum-file.ts';
import type { PackageList } from './packages.ts';
import { provenanceOf, provenanceSchema } from './provenance.ts';
import { spdxOf, spdxSchema } from './spdx.ts';
import { withoutPasswords } from './write.ts';

const iso = { name: 'phyllome-l-44.iso', size: 1234, sha256: 'a'.repeat(64) };
const list: PackageList = {
  schema: 'phyllome-packages/1',
  type: 'rpm',
  distribution: 'fedora',
  release: '44',
  source: 'logs/anaconda/dnf.rpm.log',
  packages: [
    { name: 'bash', version: '5.2.37-3.fc44', arch: 'x86_64' },
    { name: 'gtk+', version: '1:3.0-1.fc44', arch: 'noarch' },
  ],
};

test("CHECKSUM has Fedora's format, and is read back", () => {
  expect(checksumText(iso)).toBe(`# phyllome-l-44.iso: 1234 bytes\nSHA256 (phyllome-l-44.iso) = ${'a'.repeat(64)}\n`);
  expect(parseChecksum(checksumText(iso))).toEqual([iso]);
  expect(parseChecksum(checksumText(iso).replace('# ', ''))).toEqual([]);
});

test('the bill of materials is SPDX 2.3 with a package URL for each package', () => {
  const sbom = spdxOf(iso, list, 'Phyllome OS', new Date(0));
  expect(spdxSchema.parse(structuredClone(sbom))).toEqual(sbom);
  expect(sbom.creationInfo.created).toBe('1970-01-01T00:00:00Z');
  expect(sbom.packages.flatMap(({ externalRefs = [] }) => externalRefs.map((ref) => ref.referenceLocator))).toEqual([
    'pkg:rpm/fedora/bash@5.2.37-3.fc44?arch=x86_64&distro=fedora-44',
    'pkg:rpm/fedora/gtk%2B@3.0-1.fc44?arch=noarch&distro=fedora-44&epoch=1',
  ]);
  const ids = sbom.packages.map(({ SPDXID }) => SPDXID);
  expect(new Set(ids).size).toBe(ids.length);
  expect(sbom.relationships.filter(({ relatedSpdxElement: to }) => !ids.includes(to))).toEqual([]);
});

test("a deb's epoch stays in its version", () => {
  const debs: PackageList = {
    ...list,
    type: 'deb',
    distribution: 'debian',
    release: 'trixie',
    packages: [{ name: 'bsdutils', version: '1:2.41.5-0+deb13u1' }],
  };
  expect(spdxOf(iso, debs, 'p', new Date(0)).packages.at(-1)?.externalRefs?.[0]?.referenceLocator).toBe(
    'pkg:deb/debian/bsdutils@1:2.41.5-0+deb13u1?distro=debian-trixie',
  );
});

test('provenance is an in-toto statement that names kickstart, leaves, builder and tools', () => {
  const statement = provenanceOf({
    subject: { [iso.name]: iso.sha256 },
    parameters: { volid: 'x' },
    internal: {},
    kickstartSha256: 'b'.repeat(64),
    materials: [{ uri: 'leaves/l.cfg', digest: { sha256: 'c'.repeat(64) } }],
    builder: { name: 'fedora', contextDigest: `sha256:${'d'.repeat(64)}`, imageId: 'sha256:e' },
    tools: { 'livemedia-creator': '43.12-1' },
    invocationId: 'i',
    startedAt: new Date(0),
    finishedAt: new Date(1),
  });
  expect(provenanceSchema.parse(structuredClone(statement))).toEqual(statement);
  const dependencies = statement.predicate.buildDefinition.resolvedDependencies;
  expect(dependencies.map(({ name, uri }) => name ?? uri)).toEqual([
    'flat kickstart',
    'leaves/l.cfg',
    "builder's image",
    'livemedia-creator',
  ]);
  expect(provenanceSchema.safeParse({ ...statement, subject: [] }).success).toBe(false);
});

test('a command line loses its passwords, and nothing else', () => {
  expect(withoutPasswords(['--proxy=http://me:secret@proxy:3128', '--ks=/a', '--x=http://proxy:3128/@b:c'])).toEqual([
    '--proxy=http://me:…@proxy:3128',
    '--ks=/a',
    '--x=http://proxy:3128/@b:c',
  ]);
});

test('the published JSON schema of manifest.json is what the code checks', () => {
  const published: object = JSON.parse(
    readFileSync(join(import.meta.dirname, '..', '..', 'schema', 'manifest.schema.json'), 'utf8'),
  );
  expect(published).toEqual(z.toJSONSchema(manifestSchema));
  const validate = new Ajv2020({ formats: { 'date-time': true } }).compile(published);
  expect(validate({ schema: 'phyllome-image-manifest/1' })).toBe(false);
});
