import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryDirectory } from '@phyllome/host';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { type Build, readBuild } from '../image/build.ts';
import { readPreviousReleases } from './previous.ts';
import { publish } from './publish.ts';
import type { PublishOptions } from './edition.ts';
import type { ReleasedBuild } from './edition.ts';

async function work(): Promise<string> {
  const directory = await temporaryDirectory('release-');
  onTestFinished(() => directory[Symbol.asyncDispose]());
  return directory.path;
}

interface Made {
  edition?: string;
  content?: string;
  packages?: { name: string; version: string; arch?: string }[];
  verdict?: string | undefined;
  rehearsal?: boolean;
}

/** A built image: an ISO of a few bytes, and evidence that fits. */
async function makeBuild(root: string, made: Made = {}): Promise<Build> {
  const { edition = 'l', content = 'iso of 20 bytes xxxx', packages = [{ name: 'bash', version: '5.2' }] } = made;
  const directory = join(root, `iso-${edition}`);
  const name = `phyllome-${edition}-44.iso`;
  const sha256 = createHash('sha256').update(content).digest('hex');
  const iso = { name, sha256, size: content.length };
  const { rehearsal = false } = made;
  const image = { schema: 1, edition, ...iso, volid: 'X', builder: 'fedora', rehearsal, profile: 'release' };
  const files: Record<string, string> = {
    [name]: content,
    'image.json': JSON.stringify(image),
    'manifest.json': JSON.stringify({ iso, releasever: '44' }),
    'packages.json': JSON.stringify({ packages }),
    'sbom.spdx.json': '{}',
    'provenance.intoto.json': '{}',
  };
  const { verdict = 'accepted' } = made;
  if (verdict !== 'none') {
    files['test-vm/bios/verdict.json'] = JSON.stringify({ status: verdict, milestones: {} });
    files['test-vm/bios/final.png'] = 'a picture';
    files['test-vm/bios/report.html'] = '<p>report</p>';
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  return await readBuild(directory);
}

const sign = async (text: string): Promise<string> => `signed\n${text}`;

const released = (build: Build, more: Partial<ReleasedBuild> = {}): ReleasedBuild => ({
  build,
  title: 'the live base',
  kickstart: 'lang en_US.UTF-8\n',
  kickstartChanges: undefined,
  previous: undefined,
  ...more,
});

const options = (root: string, builds: ReleasedBuild[], more: Partial<PublishOptions> = {}): PublishOptions => ({
  tag: '44.1',
  project: 'Phyllome OS',
  date: '2026-11-29T00:00:00Z',
  builds,
  destination: join(root, 'release', '44.1'),
  ...more,
});

test('a release is a directory that checks itself', async () => {
  const root = await work();
  const { directory, notes, signed } = await publish(options(root, [released(await makeBuild(root))]));
  expect(await readdir(directory)).toEqual(['CHECKSUM', 'index.html', 'l', 'phyllome-l-44.iso', 'releases.json']);
  expect(await readdir(join(directory, 'l'))).toEqual([
    'bios-report.html',
    'bios-screen.png',
    'bios-verdict.json',
    'evidence.tar',
    'image.json',
    'kickstart.cfg',
    'manifest.json',
    'packages.json',
    'provenance.intoto.json',
    'sbom.spdx.json',
  ]);
  await execa('sha256sum', ['--check', '--strict', 'CHECKSUM'], { cwd: directory });
  expect([signed, notes]).toEqual([
    false,
    ['CHECKSUM is not signed: no key is configured', 'no zsync and torrent files: they need --base-url'],
  ]);
});

test('all that was built beside the ISO is in one file, the same at every time', async () => {
  const root = await work();
  const made = await makeBuild(root);
  const { directory: path } = made;
  await mkdir(join(path, 'logs'));
  await writeFile(join(path, 'logs/console.log'), 'said');
  await writeFile(join(path, 'CHECKSUM'), 'sums');
  const manifest = JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8'));
  const list = (files: object) => writeFile(join(path, 'manifest.json'), JSON.stringify({ ...manifest, files }));
  await list({ 'logs/console.log': {}, 'packages.json': {} });

  const archives = await Promise.all(
    ['one', 'two'].map(async (name) => {
      const more = { destination: join(root, name) };
      const { directory } = await publish(options(root, [released(await readBuild(path))], more));
      return await readFile(join(directory, 'l/evidence.tar'));
    }),
  );
  const [first = Buffer.of(), second = Buffer.of()] = archives;
  expect(first.equals(second)).toBe(true);
  const { stdout } = await execa('tar', ['--list'], { input: first });
  expect(stdout.split('\n')).toEqual(
    'CHECKSUM image.json logs/console.log manifest.json packages.json provenance.intoto.json sbom.spdx.json'
      .split(' ')
      .map((name) => `iso-l/${name}`),
  );

  await list({ 'logs/none.log': {} });
  const damaged = publish(options(root, [released(await readBuild(path))]));
  await expect(damaged).rejects.toMatchObject({ code: 'BUILD_DAMAGED', message: expect.stringContaining('none.log') });
  await list({ '../outside': {} });
  await expect(readBuild(path)).rejects.toMatchObject({ code: 'NOT_A_BUILD' });
});

test('a large ISO is split, and put together again by cat', async () => {
  const root = await work();
  const content = 'abcdefghij'.repeat(11);
  const build = await makeBuild(root, { content });
  const { directory } = await publish(options(root, [released(build)], { splitBytes: 10 }));
  const { stdout } = await execa({ shell: true, cwd: directory })`cat phyllome-l-44.iso.part*`;
  expect(stdout).toBe(content);
  expect((await readdir(directory)).filter((name) => name.includes('.part'))).toHaveLength(11);
  await execa('sha256sum', ['--check', '--strict', '--ignore-missing', 'CHECKSUM'], { cwd: directory });
  expect(await readFile(join(directory, 'index.html'), 'utf8')).toContain('cat phyllome-l-44.iso.part*');
});

test('the CHECKSUM is what was signed', async () => {
  const root = await work();
  const { directory, signed } = await publish(options(root, [released(await makeBuild(root))], { sign }));
  expect(await readFile(join(directory, 'CHECKSUM'), 'utf8')).toMatch(
    /^signed\n# phyllome-l-44\.iso: 20 bytes\nSHA256/,
  );
  expect(signed).toBe(true);
});

test.each([
  ['rejected', 'NOT_ACCEPTED'],
  ['inconclusive', 'NOT_ACCEPTED'],
  ['none', 'NOT_ACCEPTED'],
])('an edition that is %s is not released, unless that is asked for', async (verdict, code) => {
  const root = await work();
  const builds = [released(await makeBuild(root, { verdict }))];
  await expect(publish(options(root, builds))).rejects.toMatchObject({ code });
  await expect(readdir(join(root, 'release'))).rejects.toMatchObject({ code: 'ENOENT' });
  await publish(options(root, builds, { evenUnjudged: true }));
});

test('an ISO that is not the one of its evidence is not released, and nothing stays', async () => {
  const root = await work();
  const build = await makeBuild(root);
  await writeFile(join(build.directory, build.iso), 'another ISO, longer than the one');
  await expect(publish(options(root, [released(build)]))).rejects.toMatchObject({ code: 'BUILD_DAMAGED' });
  expect(await readdir(join(root, 'release'))).toEqual([]);
});

test('neither a symbolic link nor another release is overwritten or followed', async () => {
  const root = await work();
  const build = await makeBuild(root);
  await mkdir(join(root, 'release'));
  await symlink('/nowhere', join(root, 'release', '44.1'));
  await expect(publish(options(root, [released(build)]))).rejects.toMatchObject({ code: 'RELEASE_EXISTS' });
});

test.each(['../44', '-44', '', '44 1'])('the tag %j names no release', async (tag) => {
  const root = await work();
  await expect(publish(options(root, [released(await makeBuild(root))], { tag }))).rejects.toMatchObject({
    code: 'BAD_TAG',
  });
});

test('the page says what changed, and older releases stay in releases.json', async () => {
  const root = await work();
  const before = await makeBuild(join(root, 'a'), {
    packages: [
      { name: 'bash', version: '5.1' },
      { name: 'zsh', version: '1' },
    ],
  });
  await publish(options(root, [released(before)], { tag: '44.0', destination: join(root, 'release', '44.0') }));
  const after = await makeBuild(join(root, 'b'), {
    content: 'another iso',
    packages: [
      { name: 'bash', version: '5.2' },
      { name: '<b>x', version: '1' },
    ],
  });
  const { directory } = await publish(
    options(root, [released(after, { previous: before, kickstartChanges: ['+ services --enabled=<x>'] })], {
      previousReleases: await readPreviousReleases(join(root, 'release', '44.0')),
    }),
  );
  const page = await readFile(join(directory, 'index.html'), 'utf8');
  expect(page).toContain('1 packages updated, 1 added, 1 removed');
  expect(page).toContain('&lt;b&gt;x');
  expect(page).toContain('services --enabled=&lt;x&gt;');
  expect(page).not.toMatch(/<script|https?:\/\//);
  const { releases } = JSON.parse(await readFile(join(directory, 'releases.json'), 'utf8'));
  expect(releases.map(({ tag }: { tag: string }) => tag)).toEqual(['44.1', '44.0']);
});

test('a rehearsal says that it is one', async () => {
  const root = await work();
  const { directory } = await publish(options(root, [released(await makeBuild(root, { rehearsal: true }))]));
  expect(await readFile(join(directory, 'index.html'), 'utf8')).toContain('This is a rehearsal.');
});

test.each([
  ['image.json', '{'],
  ['image.json', '{"edition":"../../x"}'],
  ['manifest.json', '{"iso":{"name":"x.iso","sha256":"y","size":1},"releasever":"44"}'],
])('%s that is %s is no build', async (name, text) => {
  const root = await work();
  const { directory } = await makeBuild(root);
  await writeFile(join(directory, name), text);
  await expect(readBuild(directory)).rejects.toMatchObject({
    code: expect.stringMatching(/NOT_A_BUILD|BUILD_DAMAGED/),
  });
});
