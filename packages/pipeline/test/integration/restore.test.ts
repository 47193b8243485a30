import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findResult, restoreImage } from '../../src/obtain/keep.ts';
import { addImage, type ImageStore } from '../../src/store/index.ts';

// Whoever can write to a store can list anything in it as the image of some inputs. What comes back into dist/ is an image
// whose documents say the same, and nothing beside it.

const inputs = `sha256:${'1'.repeat(64)}`;
const isoName = 'phyllome-dhi-44-rehearsal.iso';
const isoText = 'an ISO'.repeat(1000);

let folder: string;
let store: ImageStore;
let dist: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'restore-test-'));
  store = { root: join(folder, 'store') };
  dist = join(folder, 'dist/iso-dhi');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const digestOf = (text: string) => ({ size: Buffer.byteLength(text), sha256: sha256(text) });

type Document = Record<string, unknown>;
interface Content {
  image: Document;
  manifest: Document & { files: Document; labels: Document };
  /** By path. */
  texts: Record<string, string>;
}

/** As a build leaves it. */
function content(): Content {
  const iso = { name: isoName, volid: 'Phyllome-dhi-44-rehearsal', ...digestOf(isoText) };
  const kickstart = sha256('kickstart');
  return {
    image: {
      schema: 1,
      edition: 'dhi',
      ...iso,
      kickstart,
      builder: 'rehearsal',
      rehearsal: true,
      profile: 'draft',
      extraBootArgs: '',
    },
    manifest: {
      schema: 'phyllome-image-manifest/1',
      iso: { ...iso, volumeSize: 2048, bios: true, uefi: true, gpt: true, implantedMd5: '' },
      builder: { name: 'rehearsal', contextDigest: inputs, imageId: 'x' },
      kickstart: { sha256: kickstart },
      project: 'Phyllome OS',
      releasever: '44',
      profile: 'draft',
      argv: [],
      engine: { kind: 'docker', version: '1' },
      labels: { edition: 'dhi', builder: 'rehearsal', rehearsal: 'true', inputs },
      startedAt: '2026-01-02T03:04:05Z',
      finishedAt: '2026-01-02T03:04:05Z',
      phasesMs: {},
      files: {},
    },
    texts: { 'logs/console.log': 'console\n', 'provenance.intoto.json': '{}', CHECKSUM: 'sum\n' },
  };
}

/** Puts it into the store. `after` changes what was made of it. */
async function add({ image, manifest, texts }: Content, after: (all: Record<string, string>) => void = () => {}) {
  const listed = { 'image.json': JSON.stringify(image), 'logs/console.log': texts['logs/console.log'] ?? '' };
  const files = Object.fromEntries(Object.entries(listed).map(([path, text]) => [path, digestOf(text)]));
  const all: Record<string, string> = { ...texts, ...listed, [isoName]: isoText };
  all['manifest.json'] = JSON.stringify({ ...manifest, files: { ...files, ...manifest.files } });
  after(all);
  const directory = join(folder, 'result');
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  const paths = Object.entries(all).map(([path, text]) => ({ path, ...digestOf(text) }));
  const facts = { edition: 'dhi', profile: 'draft', builder: 'rehearsal', inputs, created: '2026-01-02T03:04:05Z' };
  await addImage(store, { directory, files: paths, facts });
}

const find = () => findResult(store, { edition: 'dhi', inputs }, {});

test('an image whose documents agree comes back whole', async () => {
  await add(content());
  const found = await find();
  expect(found?.image.name).toBe(isoName);
  if (found === undefined) return;
  expect((await restoreImage(store, found, dist))?.sha256).toBe(sha256(isoText));
  expect((await readdir(dist, { recursive: true })).toSorted()).toEqual([
    'CHECKSUM',
    'image.json',
    'logs',
    'logs/console.log',
    'manifest.json',
    'provenance.intoto.json',
  ]);
});

test.each<[string, (made: Content) => void, ((all: Record<string, string>) => void)?]>([
  ['an image.json that is not JSON', () => {}, (all) => (all['image.json'] = '{')],
  ['an image.json that is nested for ever', () => {}, (all) => (all['image.json'] = '['.repeat(100_000))],
  ['a manifest that is not JSON', () => {}, (all) => (all['manifest.json'] = 'x')],
  ['no manifest', () => {}, (all) => delete all['manifest.json']],
  ['a manifest of other inputs', ({ manifest }) => (manifest.labels['inputs'] = `sha256:${'2'.repeat(64)}`)],
  ['another edition', ({ image }) => (image['edition'] = 'dha')],
  ['another ISO', ({ image }) => (image['sha256'] = '0'.repeat(64))],
  ['a rehearsal that passes for the real one', ({ image }) => (image['rehearsal'] = false)],
  ['a verdict that nobody gave', ({ texts }) => (texts['test-vm/bios/verdict.json'] = '{"status":"accepted"}')],
  ['a program beside it', ({ texts }) => (texts['run.sh'] = 'echo')],
  ['another log than was listed', () => {}, (all) => (all['logs/console.log'] = 'another')],
  ['a log less than was listed', () => {}, (all) => delete all['logs/console.log']],
])('%s: it is not the image of these inputs', async (_, change, after) => {
  const made = content();
  change(made);
  await add(made, after);
  expect(await find()).toBeUndefined();
});

test('nothing that is in its way leads out of dist/', async () => {
  await add(content());
  const outside = join(folder, 'outside');
  await mkdir(outside);
  await mkdir(dist, { recursive: true });
  await writeFile(join(outside, 'precious'), 'precious');
  await symlink(outside, join(dist, 'logs'));
  await symlink(join(outside, 'precious'), join(dist, 'CHECKSUM'));
  const found = await find();
  if (found === undefined) throw new Error('it is in the store');
  await restoreImage(store, found, dist);
  expect(await readdir(outside)).toEqual(['precious']);
  expect(await readFile(join(outside, 'precious'), 'utf8')).toBe('precious');
  expect(await readFile(join(dist, 'CHECKSUM'), 'utf8')).toBe('sum\n');
});
