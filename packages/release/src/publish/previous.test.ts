import { once } from 'node:events';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { temporaryDirectory } from '@phyllome/host';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { readBuild } from '../image/build.ts';
import { fetchRelease, readPreviousReleases } from './previous.ts';

let served: Record<string, string>;
let url: string;
let target: string;

const iso = { path: 'l.iso', size: 3, sha256: 'a'.repeat(64) };
const edition = {
  edition: 'l',
  title: 'live',
  releasever: '44',
  profile: 'release',
  rehearsal: false,
  iso,
  parts: [],
  verdicts: [{ firmware: 'bios', status: 'accepted' }],
  evidence: 'l/',
};
const listing = (...editions: object[]): string =>
  JSON.stringify({ version: 1, project: 'P', releases: [{ tag: '44.0', date: '2026-11-01T00:00:00Z', editions }] });

beforeEach(async () => {
  const image = { name: iso.path, sha256: iso.sha256, size: iso.size };
  served = {
    '/44.0/releases.json': listing(edition),
    '/44.0/l/image.json': JSON.stringify({
      ...image,
      edition: 'l',
      volid: 'L',
      builder: 'f',
      rehearsal: false,
      profile: 'release',
    }),
    '/44.0/l/manifest.json': JSON.stringify({ iso: image, releasever: '44' }),
    '/44.0/l/packages.json': JSON.stringify({ packages: [{ name: 'bash', version: '5.1' }] }),
    '/44.0/l/kickstart.cfg': 'lang en_US.UTF-8\n',
    '/44.0/l/bios-verdict.json': JSON.stringify({ status: 'accepted' }),
  };
  const server = createServer((request, response) => {
    const body = served[request.url ?? ''];
    response.statusCode = body === undefined ? 404 : 200;
    response.end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/44.0`;
  const directory = await temporaryDirectory('previous-');
  target = join(directory.path, 'in');
  await mkdir(target);
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await directory[Symbol.asyncDispose]();
  });
});

test('a release that is served becomes a directory that reads as one', async () => {
  await fetchRelease(url, target);
  const build = await readBuild(join(target, 'l'));
  expect(build).toMatchObject({ edition: 'l', packages: [{ name: 'bash' }], verdicts: [{ firmware: 'bios' }] });
  expect(await readFile(join(target, 'l/kickstart.cfg'), 'utf8')).toBe('lang en_US.UTF-8\n');
  expect(await readPreviousReleases(target)).toBe(served['/44.0/releases.json']);
});

test.each<[string, () => void, string]>([
  ['not there', () => delete served['/44.0/releases.json'], 'PREVIOUS_UNREACHABLE'],
  ['without a document', () => delete served['/44.0/l/packages.json'], 'PREVIOUS_UNREACHABLE'],
  ['no JSON', () => (served['/44.0/releases.json'] = '<html>'), 'NOT_A_BUILD'],
  ['larger than any', () => (served['/44.0/releases.json'] = ' '.repeat(17 * 2 ** 20)), 'PREVIOUS_UNREACHABLE'],
  [
    'of an edition elsewhere',
    () => (served['/44.0/releases.json'] = listing({ ...edition, edition: '../x' })),
    'NOT_A_BUILD',
  ],
  [
    'of a firmware elsewhere',
    () =>
      (served['/44.0/releases.json'] = listing({ ...edition, verdicts: [{ firmware: '../x', status: 'accepted' }] })),
    'NOT_A_BUILD',
  ],
])('a release that is %s is refused', async (_, change, code) => {
  change();
  await expect(fetchRelease(url, target)).rejects.toMatchObject({ code });
  expect(await readdir(dirname(target))).toEqual(['in']);
});

test('nothing that lies in its way is overwritten, and an interrupt is one', async () => {
  await mkdir(join(target, 'l'));
  await writeFile(join(target, 'releases.json'), 'mine');
  await expect(fetchRelease(url, target)).rejects.toMatchObject({ code: 'PREVIOUS_UNREACHABLE' });
  expect(await readFile(join(target, 'releases.json'), 'utf8')).toBe('mine');
  await expect(fetchRelease(url, target, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
});
