import {
  appendFile,
  copyFile,
  cp,
  link,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
  truncate,
} from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { digestOfFile } from '../../src/evidence/digest.ts';
import { documentText } from '../../src/evidence/document.ts';
import type { Provenance } from '../../src/evidence/provenance.ts';
import { writeEvidence } from '../../src/evidence/write.ts';
import { type Manifest, verifyDirectory } from '../../src/index.ts';
import { verifyIso } from '../../src/evidence/verify-iso.ts';
import { makeIso, temporaryDirectory } from '../puppet/puppet.ts';

// Somebody who can write a result, but sign nothing, changes it. Each way is found; none makes the check hang, or read
// outside the directory.

const resources = new AsyncDisposableStack();
const name = 'phyllome-l-44-rehearsal.iso';
let folder: string;
let good: string;

beforeAll(async () => {
  folder = resources.use(await temporaryDirectory()).path;
  good = join(folder, 'good');
  await mkdir(join(good, 'logs', 'anaconda'), { recursive: true });
  const iso = join(good, name);
  await copyFile(await makeIso(folder), iso);
  await writeFile(join(good, 'logs/livemedia.log'), 'one\n');
  const report = { packages: [{ name: 'bash', version: '5' }], withoutCounterpart: [{ text: 'x', line: 3 }] };
  await writeFile(join(good, 'logs/rehearsal.json'), JSON.stringify(report));
  await writeEvidence(good, {
    manifest: {
      schema: 'phyllome-image-manifest/1',
      iso: { name, ...(await verifyIso(iso)), ...(await digestOfFile(iso)) },
      builder: { name: 'rehearsal', contextDigest: `sha256:${'d'.repeat(64)}`, imageId: 'sha256:e' },
      kickstart: { sha256: 'b'.repeat(64) },
      project: 'Phyllome OS',
      releasever: '44',
      profile: 'draft',
      argv: ['livemedia-creator', '--volid=x'],
      engine: { kind: 'docker', version: '1' },
      labels: { edition: 'l', rehearsal: 'true' },
      startedAt: new Date(0).toISOString(),
      finishedAt: new Date(1000).toISOString(),
      phasesMs: { install: 5 },
    },
    report: { ...report, withoutCounterpart: [{ text: 'x', line: 3, leaf: 'leaves/l.cfg:3' }] },
    packages: {
      schema: 'phyllome-packages/1',
      type: 'deb',
      distribution: 'debian',
      release: 'trixie',
      source: 'logs/rehearsal.json',
      packages: [{ name: 'bash', version: '5' }],
    },
    documents: { 'image.json': { edition: 'l', rehearsal: true } },
    materials: [{ uri: 'leaves/l.cfg', digest: { sha256: 'c'.repeat(64) } }],
    tools: { 'livemedia-creator': '43' },
    parameters: { extraBootArgs: 'quiet', dracutArgs: [] },
    invocationId: 'i',
  });
});
afterAll(() => resources.disposeAsync());

/** As the command line asks for it: with a document of the caller's. */
const verify = (directory: string) =>
  verifyDirectory(directory, {
    documents: {
      'image.json': (document, { labels }) =>
        document instanceof Object && 'edition' in document && document.edition === labels['edition']
          ? []
          : ['differs'],
    },
    foreign: ['test-vm'],
  });

const problemsOf = async (directory: string): Promise<string[]> =>
  (await verify(directory)).checks.flatMap(({ problems }) =>
    problems.map(({ code, message }) => `${code} ${message.replace(`${directory}/`, '')}`),
  );

/** These change a document, and write it in the form it had. */
const manifestOf = (change: (manifest: Manifest) => void) => async (directory: string) => {
  const manifest: Manifest = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8'));
  change(manifest);
  await writeFile(join(directory, 'manifest.json'), documentText(manifest));
};
const provenanceOf = (change: (statement: Provenance) => void) => async (directory: string) => {
  const statement: Provenance = JSON.parse(await readFile(join(directory, 'provenance.intoto.json'), 'utf8'));
  change(statement);
  await writeFile(join(directory, 'provenance.intoto.json'), documentText(statement));
};
/** Makes the provenance's digests right again: what is left to find is what the documents say. */
async function rebind(directory: string): Promise<void> {
  const manifest: Manifest = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8'));
  const files = [name, 'manifest.json', ...Object.keys(manifest.files)];
  const subject = await Promise.all(
    files.map(async (file) => ({ name: file, digest: { sha256: (await digestOfFile(join(directory, file))).sha256 } })),
  );
  await provenanceOf((statement) => void (statement.subject = subject))(directory);
}
const rebound =
  (spoil: (directory: string) => Promise<void>) =>
  async (directory: string): Promise<void> => {
    await spoil(directory);
    await rebind(directory);
  };
const rewrite = (file: string, change: (text: string) => string) => async (directory: string) =>
  writeFile(join(directory, file), change(await readFile(join(directory, file), 'utf8')));
const replace =
  (file: string, make: (path: string) => Promise<unknown>) =>
  async (directory: string): Promise<void> => {
    await rm(join(directory, file), { recursive: true });
    await make(join(directory, file));
  };
const fifo = (path: string) => execa('mkfifo', [path]);
const outside = (path: string) => symlink('/etc/hostname', path);

const tamperings: [string, (directory: string) => Promise<unknown>, string | RegExp][] = [
  ['the builder is another', manifestOf((m) => void (m.builder.name = 'fedora')), 'says'],
  [
    '… and the provenance bound to it',
    rebound(manifestOf((m) => void (m.builder.name = 'fedora'))),
    /contradicts manifest.json|report/u,
  ],
  ['a label is another', manifestOf((m) => void (m.labels['rehearsal'] = 'false')), 'of manifest.json, which is'],
  [
    '… and the provenance bound to it',
    rebound(manifestOf((m) => void (m.labels['rehearsal'] = 'false'))),
    'externalParameters.labels.rehearsal',
  ],
  ['the report is gone', manifestOf((m) => void delete m.report), 'has no report'],
  ['… and the provenance bound to it', rebound(manifestOf((m) => void delete m.report)), 'has no report'],
  [
    'the report leaves something out',
    rebound(manifestOf((m) => void (m.report = { packages: [] }))),
    'has another report than logs/rehearsal.json',
  ],
  [
    'a report where the builder wrote none',
    rebound(async (d) => {
      await rm(join(d, 'logs/rehearsal.json'));
      await manifestOf((m) => void delete m.files['logs/rehearsal.json'])(d);
    }),
    'has a report',
  ],
  ['the command line is another', rebound(manifestOf((m) => void m.argv.push('--x'))), 'internalParameters.argv'],
  ['the image is another', rebound(manifestOf((m) => void (m.builder.imageId = 'sha256:f'))), 'resolvedDependencies'],
  [
    'the build context is another',
    rebound(manifestOf((m) => void (m.builder.contextDigest = `sha256:${'9'.repeat(64)}`))),
    'resolvedDependencies',
  ],
  [
    'it began at another time',
    rebound(manifestOf((m) => void (m.startedAt = new Date(5).toISOString()))),
    'metadata.startedOn',
  ],
  [
    'it ended at another time',
    rebound(manifestOf((m) => void (m.finishedAt = new Date(5).toISOString()))),
    'metadata.finishedOn',
  ],
  [
    'the kickstart is another',
    rebound(manifestOf((m) => void (m.kickstart.sha256 = '0'.repeat(64)))),
    'resolvedDependencies',
  ],
  ['the profile is another', rebound(manifestOf((m) => void (m.profile = 'release'))), 'externalParameters.profile'],
  ['the release is another', rebound(manifestOf((m) => void (m.releasever = '45'))), 'externalParameters.releasever'],
  ['the project is another', rebound(manifestOf((m) => void (m.project = 'Fedora'))), 'externalParameters.project'],
  ['the engine is another', rebound(manifestOf((m) => void (m.engine.kind = 'host'))), 'contradicts manifest.json'],
  ['the date of its files is another', rebound(manifestOf((m) => void (m.sourceDateEpoch = 7))), 'sourceDateEpoch'],
  ['its time in phases is another', manifestOf((m) => void (m.phasesMs['install'] = 6)), 'of manifest.json, which is'],
  [
    'it has a key that nobody knows',
    rebound(manifestOf((m) => void Object.assign(m, { extra: 1 }))),
    'has keys that its schema does not know',
  ],
  [
    'it has a key twice',
    rebound(
      rewrite('manifest.json', (t) =>
        t.replace('"project": "Phyllome OS"', '"project": "Fedora",\n  "project": "Phyllome OS"'),
      ),
    ),
    'a key is there twice',
  ],
  [
    'it is written otherwise',
    rewrite('manifest.json', (t) => t.replace('"profile": ', '"profile":  ')),
    'form it was written in',
  ],
  [
    'it lists a file less',
    rebound(manifestOf((m) => void delete m.files['logs/livemedia.log'])),
    'logs/livemedia.log is not in manifest.json',
  ],
  [
    'it lists a file more',
    manifestOf((m) => void (m.files['x'] = { size: 1, sha256: '0'.repeat(64) })),
    'x is not there',
  ],
  [
    'it lists a file outside',
    manifestOf((m) => void (m.files['../../../../../../dev/zero'] = { size: 1, sha256: '0'.repeat(64) })),
    'is not there',
  ],
  [
    'it lists an absolute path',
    manifestOf((m) => void (m.files['/etc/hostname'] = { size: 1, sha256: '0'.repeat(64) })),
    'is not there',
  ],
  ['its ISO is outside', manifestOf((m) => void (m.iso.name = '../good/x.iso')), 'an invalid file name'],
  ['the provenance drops a file', provenanceOf(({ subject }) => void subject.shift()), `is not of ${name}`],
  [
    'the provenance drops the manifest',
    provenanceOf((s) => void (s.subject = s.subject.filter((one) => one.name !== 'manifest.json'))),
    'is not of manifest.json',
  ],
  [
    'the provenance adds a file',
    provenanceOf(({ subject }) => void subject.push({ name: 'x', digest: { sha256: '0'.repeat(64) } })),
    'is of x',
  ],
  [
    'the provenance names a file twice',
    provenanceOf(({ subject }) => void subject.push(subject[0]!)),
    'names a file twice',
  ],
  [
    'the provenance is of another builder',
    provenanceOf(({ predicate }) => void (predicate.runDetails.builder.id = 'urn:phyllome:builder:fedora')),
    'runDetails.builder.id',
  ],
  [
    'the provenance has a byproduct',
    provenanceOf(({ predicate }) => void predicate.runDetails.byproducts.push({ name: 'x' })),
    'byproducts',
  ],
  [
    'the provenance has a key twice',
    rewrite('provenance.intoto.json', (t) =>
      t.replace('"invocationId": "i"', '"invocationId": "j",\n        "invocationId": "i"'),
    ),
    'a key is there twice',
  ],
  ['the provenance is not there', (d) => rm(join(d, 'provenance.intoto.json')), 'provenance.intoto.json is not there'],
  [
    'the package list is another',
    rewrite('packages.json', (t) => t.replace('"5"', '"6"')),
    'packages.json has the SHA-256',
  ],
  [
    'the bill of materials is another',
    rewrite('sbom.spdx.json', (t) => t.replace('bash@5', 'bash@6')),
    'sbom.spdx.json has the SHA-256',
  ],
  ['image.json is another', rewrite('image.json', (t) => t.replace('"l"', '"d"')), 'image.json differs'],
  ['image.json is not there', (d) => rm(join(d, 'image.json')), 'image.json is not there'],
  [
    'CHECKSUM says more',
    (d) => appendFile(join(d, 'CHECKSUM'), `SHA256 (other.iso) = ${'0'.repeat(64)}\n`),
    'has more than the checksum',
  ],
  ['a log is another', (d) => appendFile(join(d, 'logs/livemedia.log'), 'x'), 'logs/livemedia.log has 5 bytes, but 4'],
  ['a file is added', (d) => writeFile(join(d, 'README.txt'), 'x'), 'README.txt is not in manifest.json'],
  [
    'a file is added in logs/',
    (d) => writeFile(join(d, 'logs/anaconda/x.log'), 'x'),
    'logs/anaconda/x.log is not in manifest.json',
  ],
  ['a hidden file is added', (d) => writeFile(join(d, '.x'), 'x'), '.x is not in manifest.json'],
  [
    'the ISO has no end, as far as that matters',
    replace(name, (path) => writeFile(path, '').then(() => truncate(path, 2 ** 42))),
    `${name} has ${2 ** 42} bytes, but`,
  ],
  [
    'the package list has no end',
    replace('packages.json', (path) => writeFile(path, '').then(() => truncate(path, 2 ** 42))),
    `packages.json has ${2 ** 42} bytes, but`,
  ],
  ['a second ISO is added', (d) => link(join(d, name), join(d, 'other.iso')), 'other.iso is not in manifest.json'],
  ['a link is added in logs/', (d) => symlink('/etc', join(d, 'logs/etc')), 'logs/etc is a symbolic link'],
  [
    'a link in the place of logs/',
    (d) => rename(join(d, 'logs'), `${d}-logs`).then(() => symlink(`${d}-logs`, join(d, 'logs'))),
    'logs is a symbolic link',
  ],
  ['a link in the place of a log', replace('logs/livemedia.log', outside), 'logs/livemedia.log is a symbolic link'],
  [
    'a link in the place of the ISO',
    (d) => rename(join(d, name), `${d}.iso`).then(() => symlink(`${d}.iso`, join(d, name))),
    `${name} is a symbolic link`,
  ],
  [
    '/dev/zero in the place of a log',
    replace('logs/livemedia.log', (p) => symlink('/dev/zero', p)),
    'logs/livemedia.log is a symbolic link',
  ],
  ...['manifest.json', 'packages.json', 'sbom.spdx.json', 'provenance.intoto.json', 'CHECKSUM', 'image.json', name].map(
    (file): [string, (directory: string) => Promise<unknown>, string] => [
      `a FIFO in the place of ${file}`,
      replace(file, fifo),
      `${file} is a FIFO`,
    ],
  ),
  ...['manifest.json', 'sbom.spdx.json', 'CHECKSUM', `${name}.sha256`].map(
    (file): [string, (directory: string) => Promise<unknown>, string] => [
      `/dev/zero in the place of ${file}`,
      replace(file, (p) => symlink('/dev/zero', p)),
      `${file} is a symbolic link`,
    ],
  ),
  ['a document is huge', (d) => execa('truncate', ['-s', '3G', join(d, 'packages.json')]), 'packages.json has'],
  [
    'a socket is added',
    (d) => execa('python3', ['-c', `import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])`, join(d, 's')]),
    's is a socket',
  ],
];

test('a result as it was built has no problems', async () => {
  expect(await problemsOf(good)).toEqual([]);
  await mkdir(join(good, 'test-vm'));
  await writeFile(join(good, 'test-vm/report.html'), 'x');
  expect(await problemsOf(good)).toEqual([]);
  await rm(join(good, 'test-vm'), { recursive: true });
});

test('the evidence alone is checked without the ISO, and without what else is there', async () => {
  const directory = join(folder, 'evidence');
  await cp(good, directory, { recursive: true });
  await rm(join(directory, name));
  await writeFile(join(directory, 'vm.qcow2'), 'x');
  const check = async () =>
    (await verifyDirectory(directory, { iso: false, additions: false })).checks.flatMap(({ problems }) => problems);
  expect(await check()).toEqual([]);
  await rm(join(directory, 'logs'), { recursive: true });
  await symlink(join(good, 'logs'), join(directory, 'logs'));
  expect((await check()).map(({ message }) => message)).toContain(`${directory}/logs is a symbolic link`);
});

test.each(tamperings.map(([what, spoil, problem], index) => ({ what, spoil, problem, index })))(
  'found: $what ($index)',
  async ({ spoil, problem, index }) => {
    const directory = join(folder, `copy-${index}`);
    await cp(good, directory, { recursive: true });
    await spoil(directory);
    const problems = await problemsOf(directory);
    expect(problems.join('\n')).toMatch(problem);
    await rm(directory, { recursive: true });
  },
);

const signed = (body: string): string =>
  `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${body}-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n`;

test('a clear-signed CHECKSUM is the same text', async () => {
  const directory = join(folder, 'signed');
  await cp(good, directory, { recursive: true });
  const text = await readFile(join(directory, 'CHECKSUM'), 'utf8');
  await writeFile(join(directory, 'CHECKSUM'), signed(text));
  expect(await problemsOf(directory)).toEqual([]);
  await writeFile(join(directory, 'CHECKSUM'), signed(text.replace(/= ../u, '= zz')));
  expect(await problemsOf(directory)).not.toEqual([]);
});
