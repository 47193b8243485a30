import { createHash } from 'node:crypto';
import {
  chmod,
  copyFile,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ownOwner } from '@phyllome/host';
import { execa } from 'execa';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import {
  addImage,
  collectGarbage,
  findImage,
  type ImageFile,
  type ImageStore,
  placeIso,
  storeExists,
  readEvidence,
  removeUnfinished,
  usesOf,
  verifyStore,
} from '../../src/store/index.ts';
import { hasIso } from '../../src/store/images.ts';

// Real files, on the file system of the temporary directory; /dev/shm, where there is one, is another file system.

const facts = {
  edition: 'dhi',
  profile: 'draft',
  builder: 'rehearsal',
  inputs: `sha256:${'1'.repeat(64)}`,
  created: '2026-01-02T03:04:05Z',
};
const isoName = 'phyllome-dhi-44-rehearsal.iso';

let folder: string;
let store: ImageStore;
let result: string;
let files: ImageFile[];
let iso: ImageFile;
let notes: string[];
const onNote = (message: string): void => void notes.push(message);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-test-'));
  store = { root: join(folder, 'store') };
  result = join(folder, 'result');
  notes = [];
  await mkdir(join(result, 'logs'), { recursive: true });
  await writeFile(join(result, isoName), Buffer.alloc(3_000_000, 'an ISO'));
  await writeFile(join(result, 'manifest.json'), '{"a":1}\n');
  await writeFile(join(result, 'logs/console.log'), 'console\n');
  files = await Promise.all([isoName, 'manifest.json', 'logs/console.log'].map((path) => fileOf(result, path)));
  iso = files[0]!;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function fileOf(directory: string, path: string): Promise<ImageFile> {
  const bytes = await readFile(join(directory, path));
  return { path, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

const add = () => addImage(store, { directory: result, files, facts }, { onNote });
const blobOf = ({ sha256 }: { sha256: string }): string => join(store.root, 'blobs/sha256', sha256);
const dist = (name = isoName): string => join(folder, 'dist/iso-dhi', name);
const place = () => placeIso(store, iso, dist(), { onNote });

/** Writes one byte into the middle of a file, as a program would that may do anything. */
async function flip(path: string): Promise<void> {
  await chmod(path, 0o644);
  const file = await open(path, 'r+');
  await file.write('X', 1000);
  await file.close();
}

test('an image is an artifact of an OCI image layout, read-only, and found by what decides it', async () => {
  await add();
  expect(JSON.parse(await readFile(join(store.root, 'oci-layout'), 'utf8'))).toEqual({ imageLayoutVersion: '1.0.0' });
  const index = JSON.parse(await readFile(join(store.root, 'index.json'), 'utf8'));
  expect(index).toMatchObject({
    schemaVersion: 2,
    manifests: [
      {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        artifactType: 'application/vnd.phyllome.image.v1',
        annotations: {
          'org.opencontainers.image.ref.name': 'phyllome-dhi-44-rehearsal-draft',
          'org.phyllome.iso': `sha256:${iso.sha256}`,
          'org.phyllome.inputs': facts.inputs,
        },
      },
    ],
  });
  const manifest = JSON.parse(await readFile(blobOf({ sha256: index.manifests[0].digest.slice(7) }), 'utf8'));
  expect(manifest).toMatchObject({
    artifactType: 'application/vnd.phyllome.image.v1',
    config: { mediaType: 'application/vnd.oci.empty.v1+json', size: 2 },
    layers: files.map(({ path, sha256, size }) => ({
      digest: `sha256:${sha256}`,
      size,
      annotations: { 'org.opencontainers.image.title': path },
    })),
  });
  for (const name of await readdir(join(store.root, 'blobs/sha256')))
    expect((await lstat(blobOf({ sha256: name }))).mode & 0o777).toBe(0o444);
  const found = await findImage(store, facts.inputs);
  expect(found).toMatchObject({ iso, evidence: files.slice(1), facts });
  expect(String(await readEvidence(store, files[1]!))).toBe('{"a":1}\n');
  expect(await findImage(store, `sha256:${'2'.repeat(64)}`)).toBeUndefined();
});

test('skopeo reads and copies it', async () => {
  await add();
  const reference = `oci:${store.root}:phyllome-dhi-44-rehearsal-draft`;
  const { stdout } = await execa('skopeo', ['inspect', '--raw', reference]);
  expect(JSON.parse(stdout)).toMatchObject({ artifactType: 'application/vnd.phyllome.image.v1' });
  const copy = join(folder, 'copy');
  await execa('skopeo', ['--insecure-policy', 'copy', reference, `oci:${copy}:same`]);
  expect((await readdir(join(copy, 'blobs/sha256'))).toSorted()).toEqual(
    (await readdir(join(store.root, 'blobs/sha256'))).toSorted(),
  );
  // And what is copied is a store: of its blobs, nothing is believed.
  const other = { root: copy };
  expect(await hasIso(other, iso)).toBe(true);
  expect(await findImage(other, facts.inputs)).toBeUndefined();
  expect((await verifyStore(other)).problems).toEqual([]);
});

test('a file that is not what its digest says does not enter', async () => {
  const [first, ...others] = files;
  const wrong = { ...first!, sha256: 'f'.repeat(64) };
  const adding = addImage(store, { directory: result, files: [wrong, ...others], facts });
  await expect(adding).rejects.toMatchObject({ code: 'BLOB_DIFFERS' });
  expect(await readdir(join(store.root, 'local/incoming'))).toEqual([]);
  expect(await hasIso(store, wrong)).toBe(false);
});

test('a link, a FIFO or a directory does not enter', async () => {
  for (const make of [
    (path: string) => symlink('/etc/hostname', path),
    (path: string) => execa('mkfifo', [path]),
    (path: string) => mkdir(path),
  ]) {
    await rm(join(result, isoName), { recursive: true });
    await make(join(result, isoName));
    await expect(add()).rejects.toMatchObject({ code: 'NOT_PLAIN' });
  }
  expect(await readdir(join(store.root, 'blobs/sha256'))).toEqual([]);
});

test('the ISO is put into dist/, shares its space with the store, and a second time nothing is done', async () => {
  await add();
  expect(await place()).toMatch(/^(?:reflink|hard link)$/u);
  const before = await lstat(dist());
  expect(before.mode & 0o777).toBe(0o444);
  expect(await place()).toBe('kept');
  expect((await lstat(dist())).ino).toBe(before.ino);
  expect(await fileOf(join(folder, 'dist/iso-dhi'), isoName)).toEqual(iso);
  expect(await readdir(join(folder, 'dist/iso-dhi'))).toEqual([isoName]);
});

test('what is not ours in dist/iso-dhi stays, and a directory that is a link stays one', async () => {
  await add();
  await mkdir(join(folder, 'other disk'));
  await mkdir(join(folder, 'dist'));
  await writeFile(join(folder, 'other disk/vm.qcow2'), 'a disk');
  await symlink('../other disk', join(folder, 'dist/iso-dhi'));
  await place();
  expect((await lstat(join(folder, 'dist/iso-dhi'))).isSymbolicLink()).toBe(true);
  expect(await readdir(join(folder, 'other disk'))).toEqual([isoName, 'vm.qcow2']);
});

test('an ISO that was edited in dist/ is noticed, and the store does not hand it on', async () => {
  await add();
  await place();
  const sharesInode = (await lstat(dist())).ino === (await lstat(blobOf(iso))).ino;
  await flip(dist());
  const found = { placed: await place(), notes };
  const damaged = [expect.stringContaining('it is damaged, and was moved to')];
  expect(found).toEqual(sharesInode ? { placed: undefined, notes: damaged } : { placed: 'reflink', notes: [] });
  expect(await hasIso(store, iso)).toBe(!sharesInode);
});

test('in place of the ISO, a link, a FIFO or something else of the same size is replaced, and not followed', async () => {
  await add();
  await mkdir(join(folder, 'dist/iso-dhi'), { recursive: true });
  await writeFile(join(folder, 'foreign'), Buffer.alloc(iso.size));
  for (const make of [
    () => symlink(join(folder, 'foreign'), dist()),
    () => execa('mkfifo', [dist()]),
    () => copyFile(join(folder, 'foreign'), dist()),
  ]) {
    await make();
    expect(await place()).not.toBe('kept');
    expect(await fileOf(join(folder, 'dist/iso-dhi'), isoName)).toEqual(iso);
    await rm(dist());
  }
  expect((await readFile(join(folder, 'foreign'))).equals(Buffer.alloc(iso.size))).toBe(true);
});

const damages: [string, (path: string) => Promise<unknown>][] = [
  ['one byte is another', flip],
  [
    'one byte is another, and the time is set back',
    async (path) => {
      const { atime, mtime } = await lstat(path);
      await flip(path);
      await utimes(path, atime, mtime);
    },
  ],
  ['it is shorter', (path) => rm(path).then(() => writeFile(path, 'short'))],
  ['it is another file of the same size', (path) => rm(path).then(() => writeFile(path, Buffer.alloc(3_000_000)))],
  ['it is a symbolic link to a file', (path) => rename(path, `${path}~`).then(() => symlink(`${path}~`, path))],
  ['it is a symbolic link to /dev/zero', (path) => rm(path).then(() => symlink('/dev/zero', path))],
  ['it is a FIFO', (path) => rm(path).then(() => execa('mkfifo', [path]))],
  ['it is a directory', (path) => rm(path).then(() => mkdir(path))],
];

test.each(damages)('a damaged blob is put aside, and enters again: %s', async (_, damage) => {
  await add();
  await damage(blobOf(iso));
  expect(await place()).toBeUndefined();
  expect(notes).toEqual([expect.stringContaining(`moved to ${join(store.root, 'local/quarantine', iso.sha256)}`)]);
  // What was linked before is another file now.
  await writeFile(join(result, 'again'), Buffer.alloc(3_000_000, 'an ISO'));
  await rename(join(result, 'again'), join(result, isoName));
  await add();
  expect(await place()).not.toBe(undefined);
  expect(await fileOf(join(folder, 'dist/iso-dhi'), isoName)).toEqual(iso);
});

test.each(damages)(
  'verify reads all of it, puts aside what is damaged, and lists what lacks it no more: %s',
  async (_, damage) => {
    await add();
    expect(await verifyStore(store)).toMatchObject({ blobs: 5, problems: [] });
    await damage(blobOf(files[1]!));
    const { problems } = await verifyStore(store);
    expect(problems).toContainEqual(expect.stringContaining(files[1]!.sha256));
    expect(problems).toContainEqual(`${isoName} lost manifest.json`);
    expect(await usesOf(store)).toEqual([]);
    expect((await verifyStore(store)).problems.filter((problem) => problem.includes(isoName))).toEqual([]);
  },
);

test('a note is not believed of another file, and not for ever', async () => {
  await add();
  await place();
  const note = join(store.root, 'local/proofs', iso.sha256);
  const { provenAt, ...rest } = JSON.parse(await readFile(note, 'utf8'));
  await flip(blobOf(iso));
  const found = await lstat(blobOf(iso), { bigint: true });
  const forged = { ...rest, mtimeNs: String(found.mtimeNs), ctimeNs: String(found.ctimeNs) };
  const old = Date.now() - 31 * 24 * 60 * 60_000;
  for (const time of [old, Date.now() + 60_000]) {
    await writeFile(note, JSON.stringify({ ...forged, provenAt: time }));
    expect(await hasIso(store, iso)).toBe(false);
    await rename(
      join(store.root, 'local/quarantine', (await readdir(join(store.root, 'local/quarantine')))[0]!),
      blobOf(iso),
    );
  }
  expect(provenAt).toBeLessThanOrEqual(Date.now());
});

test('nothing in the store may be a link to elsewhere', async () => {
  await mkdir(join(folder, 'elsewhere'));
  await mkdir(join(store.root, 'blobs'), { recursive: true });
  await symlink('../../elsewhere', join(store.root, 'blobs/sha256'));
  await expect(add()).rejects.toMatchObject({ code: 'STORE_INVALID', fault: 'environment' });
  expect(await readdir(join(folder, 'elsewhere'))).toEqual([]);
  await rm(join(store.root, 'blobs/sha256'));
  for (const name of ['building', 'shared', 'up-to-date', 'proofs']) {
    await mkdir(join(store.root, 'local'), { recursive: true });
    await rm(join(store.root, 'local', name), { recursive: true, force: true });
    await symlink('../../elsewhere', join(store.root, 'local', name));
    await expect(add()).rejects.toMatchObject({ code: 'STORE_INVALID' });
    expect(await storeExists(store)).toBe(true);
    await rm(join(store.root, 'local', name));
  }
  await symlink(join(folder, 'foreign.json'), join(store.root, 'index.json'));
  await add();
  expect((await lstat(join(store.root, 'index.json'))).isFile()).toBe(true);
  expect((await readdir(folder)).toSorted()).toEqual(['elsewhere', 'result', 'store']);
  await rm(join(store.root, 'oci-layout'));
  await writeFile(join(store.root, 'oci-layout'), '{"imageLayoutVersion":"2.0.0"}');
  await expect(add()).rejects.toMatchObject({ code: 'STORE_INVALID' });
});

test('an index that cannot be read is made anew of the manifests that are there', async () => {
  await add();
  await writeFile(join(store.root, 'index.json'), '{"schemaVersion":2,"manifests":[{"digest":"../../x"}]}');
  expect(await findImage(store, facts.inputs)).toMatchObject({ iso });
  expect(await collectGarbage(store)).toMatchObject({ images: [{ iso }] });
});

test('processes that add at once lose nothing', async () => {
  const script = join(import.meta.dirname, '../add-image.ts');
  const names = ['a', 'b', 'c', 'd'];
  await Promise.all(names.map((name) => execa(process.execPath, [script, store.root, folder, name])));
  expect((await usesOf(store)).map(({ iso: { path } }) => path).toSorted()).toEqual(names.map((name) => `${name}.iso`));
  expect((await verifyStore(store)).problems).toEqual([]);
  expect((await readdir(join(store.root, 'local'))).toSorted()).toEqual(['incoming', 'placed', 'proofs', 'quarantine']);
});

test('a store of an earlier version is read once and taken over', async () => {
  const earlier = join(store.root, 'sha256');
  await mkdir(earlier, { recursive: true });
  await link(join(result, isoName), join(earlier, `${iso.sha256}.iso`));
  await writeFile(join(earlier, `${'e'.repeat(64)}.iso`), 'not what its name says');
  expect(await hasIso(store, iso, { onNote })).toBe(true);
  expect(notes).toEqual(
    [expect.stringContaining('taken over'), expect.stringContaining('is damaged')].toSorted(() => 0),
  );
  await expect(lstat(join(earlier, `${iso.sha256}.iso`))).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await place()).toMatch(/link/u);
  // The evidence comes with the next build of it, and takes its place.
  await add();
  expect(await usesOf(store)).toMatchObject([{ iso: { path: isoName }, evidence: files.slice(1) }]);
});

test('gc removes what is nowhere, and leaves what does', async () => {
  await add();
  await place();
  expect(await usesOf(store)).toMatchObject([{ usedBy: [dist()] }]);
  expect(await collectGarbage(store)).toMatchObject({ images: [], blobs: 0 });
  await rm(join(folder, 'dist'), { recursive: true });
  expect(await collectGarbage(store, { olderThanMs: 60_000 })).toMatchObject({ images: [] });
  expect(await collectGarbage(store, { maxBytes: 10_000_000 })).toMatchObject({ images: [] });
  const dry = await collectGarbage(store, { dryRun: true });
  expect(dry).toMatchObject({ images: [{ iso, usedBy: [] }], blobs: 4 });
  expect(await hasIso(store, iso)).toBe(true);
  expect(await collectGarbage(store)).toEqual(dry);
  expect(await hasIso(store, iso)).toBe(false);
  expect(await usesOf(store)).toEqual([]);
  expect(await verifyStore(store)).toMatchObject({ problems: [] });
});

test('gc leaves what another program put there', async () => {
  await add();
  const copy = { root: join(folder, 'copy') };
  await execa('skopeo', [
    '--insecure-policy',
    'copy',
    `oci:${store.root}:phyllome-dhi-44-rehearsal-draft`,
    `oci:${copy.root}:x`,
  ]);
  const foreign = Buffer.from(
    '{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:' + iso.sha256 + '","size":3000000},"layers":[]}',
  );
  const sha256 = createHash('sha256').update(foreign).digest('hex');
  await writeFile(join(copy.root, 'blobs/sha256', sha256), foreign);
  await writeFile(
    join(copy.root, 'index.json'),
    JSON.stringify({
      schemaVersion: 2,
      manifests: [{ mediaType: 'a/b', digest: `sha256:${sha256}`, size: foreign.length }],
    }),
  );
  await collectGarbage(copy);
  expect(await hasIso(copy, iso)).toBe(true);
  expect((await verifyStore(copy)).problems).toEqual([]);
});

/** Runs add-image.ts where the store is on a file system of its own, in a mount name space of its own. */
async function addIn(mount: string): Promise<string> {
  await mkdir(store.root, { recursive: true });
  const script = join(import.meta.dirname, '../add-image.ts');
  const shell = `${mount} && exec "$NODE" "$SCRIPT" "$STORE" "$FOLDER" image`;
  const env = { NODE: process.execPath, SCRIPT: script, STORE: store.root, FOLDER: folder };
  const { all } = await execa('unshare', ['--mount', '--map-root-user', 'sh', '-c', shell], {
    env,
    all: true,
    reject: false,
  });
  return all;
}

test('a store that is full or read-only says so, and keeps nothing half', async () => {
  const full = 'mount -t tmpfs -o size=64k tmpfs "$STORE"';
  expect(await addIn(`${full} && trap 'ls "$STORE/local/incoming"' EXIT`)).toContain('STORE_FULL');
  expect(await addIn('mount -t tmpfs -o ro tmpfs "$STORE"')).toContain('STORE_UNWRITABLE');
});

test('what a process that was killed did not finish is removed, and what one does is not', async () => {
  await add();
  const incoming = join(store.root, 'local/incoming');
  const dead = ownOwner.replace(/~\d+~\d+$/u, '~4194304~1');
  await writeFile(join(incoming, `${dead}~x.part`), '');
  await writeFile(join(incoming, `${ownOwner}~x.part`), '');
  await mkdir(join(store.root, 'sha256'));
  await writeFile(join(store.root, 'sha256', `${iso.sha256}.iso.x.part`), '');
  expect(await removeUnfinished(store)).toBe(2);
  expect(await readdir(incoming)).toEqual([`${ownOwner}~x.part`]);
});

const other = await mkdtemp('/dev/shm/store-test-').catch(() => undefined);
afterAll(async () => {
  if (other !== undefined) await rm(other, { recursive: true });
});

test.skipIf(other === undefined)(
  'another file system costs one copy, and none at a second time (needs /dev/shm)',
  async () => {
    store = { root: join(other!, basename(folder)) };
    expect(await add()).toBe('copy');
    expect(await add()).toBeUndefined();
    expect(await place()).toBe('copy');
    const before = await lstat(dist());
    expect(await place()).toBe('kept');
    expect(await lstat(dist())).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
    // Edited there, it is another file; the store's is whole.
    await flip(dist());
    expect(await place()).toBe('copy');
    expect(await fileOf(join(folder, 'dist/iso-dhi'), isoName)).toEqual(iso);
    // Full: what came so far goes, and it is said.
    await rm(store.root, { recursive: true });
  },
);
