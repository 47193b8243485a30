import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { fetchImage, openRemote, pushImage, type PushOptions, type Remote, tagOf } from '../../src/remote/index.ts';
import { addImage, findImage, type ImageStore, type StoredImage } from '../../src/store/index.ts';
import { type Registry, registryLacks, startRegistry } from '../registry.ts';

// A real registry with TLS and a login, a real skopeo, real files; what travels is no ISO, which nothing here looks at.

if (registryLacks.length > 0)
  process.stdout.write(`left out, as ${registryLacks.join(', ')} is missing: remote store\n`);
const isLeftOut = registryLacks.length > 0 && process.env['CI'] !== 'true';

let registry: Registry;
let folder: string;
let store: ImageStore;
let counter = 0;

beforeAll(async () => {
  if (!isLeftOut) registry = await startRegistry();
});
afterAll(() => registry?.[Symbol.asyncDispose]());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'remote-test-'));
  store = { root: join(folder, 'store') };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');
const remoteOf = (env: Record<string, string> = registry.env, mode = 'write'): Remote =>
  openRemote({
    PATH: process.env['PATH'],
    PHYLLOME_REMOTE_STORE: registry.repository,
    PHYLLOME_REMOTE_STORE_MODE: mode,
    ...env,
  })!;

/** An image in the store, of other inputs than any before. */
async function stored(iso = randomBytes(1_000_000)): Promise<StoredImage & { facts: { inputs: string } }> {
  const files = { 'phyllome-l-44.iso': iso, 'manifest.json': Buffer.from('{}\n'), 'logs/empty.log': Buffer.alloc(0) };
  const directory = join(folder, 'result');
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), bytes);
  }
  const inputs = `sha256:${sha256(String((counter += 1)))}`;
  await addImage(store, {
    directory,
    files: Object.entries(files).map(([path, bytes]) => ({ path, size: bytes.length, sha256: sha256(bytes) })),
    facts: { edition: 'l', profile: 'draft', builder: 'rehearsal', inputs, created: '2026-01-02T03:04:05Z' },
  });
  await rm(directory, { recursive: true });
  const image = await findImage(store, inputs);
  return { ...image!, facts: { ...image!.facts, inputs } };
}

const push = (image: StoredImage, options: PushOptions = {}, remote = remoteOf()) =>
  pushImage(store, image, remote, options);
const elsewhere = (): ImageStore => ({ root: join(folder, 'another') });
const staged = async (of: ImageStore): Promise<string[]> => readdir(join(of.root, 'local/incoming'));

describe.skipIf(isLeftOut)('a registry', () => {
  test('has what was pushed, bit by bit, once', async () => {
    const iso = randomBytes(1_000_000);
    const image = await stored(iso);
    expect(await push(image)).toBe('pushed');
    expect(await push(image)).toBe('there already');
    const manifest = await registry.ask(`/v2/phyllome/images/manifests/${tagOf(image.facts.inputs)}`);
    // Not in parts: the artifact is the one of the store.
    expect(`sha256:${sha256(manifest.body)}`).toBe(image.digest);

    await using fetched = await fetchImage(elsewhere(), image.facts.inputs, remoteOf());
    const read = (path: string): Promise<Buffer> => readFile(join(fetched!.directory, path));
    expect((await read('phyllome-l-44.iso')).equals(iso)).toBe(true);
    expect(String(await read('manifest.json'))).toBe('{}\n');
    expect(await read('logs/empty.log')).toHaveLength(0);
    expect(await staged(store)).toEqual([]);
    await fetched![Symbol.asyncDispose]();
    expect(await staged(elsewhere())).toEqual([]);
  });

  test('has a large ISO in parts, equal ones among them, and gives it back in one piece', async () => {
    const iso = Buffer.concat([Buffer.alloc(200_000), randomBytes(50_000), Buffer.alloc(100_000)]);
    const image = await stored(iso);
    expect(await push(image, { partSize: 100_000 })).toBe('pushed');
    await using fetched = await fetchImage(elsewhere(), image.facts.inputs, remoteOf());
    expect((await readFile(join(fetched!.directory, 'phyllome-l-44.iso'))).equals(iso)).toBe(true);
  });

  test('keeps what an interrupted push has sent: the next one sends the rest', async () => {
    const image = await stored(randomBytes(40_000_000));
    const before = (await blobs()).length;
    const aborter = new AbortController();
    const pushing = push(image, { partSize: 1_000_000, signal: aborter.signal });
    const ended = pushing.catch((error: unknown) => error);
    await expect
      .poll(async () => (await blobs()).length, { interval: 5, timeout: 600_000 })
      .toBeGreaterThan(before + 3);
    aborter.abort(new Error('enough'));
    expect(await ended).toMatchObject({ message: 'enough' });
    expect(await staged(store)).toEqual([]);
    // Nobody sees half of it.
    expect(await fetchImage(elsewhere(), image.facts.inputs, remoteOf())).toBeUndefined();
    const sent = (await blobs()).slice(before);
    expect(sent.length).toBeLessThan(40);

    expect(await push(image, { partSize: 1_000_000 })).toBe('pushed');
    const all = (await blobs()).slice(before);
    // Every part once, also those before the interruption.
    expect(all.filter((digest) => sent.includes(digest)).toSorted()).toEqual(sent.toSorted());
    expect(new Set(all).size).toBe(all.length);
    await using fetched = await fetchImage(elsewhere(), image.facts.inputs, remoteOf());
    expect(sha256(await readFile(join(fetched!.directory, 'phyllome-l-44.iso')))).toBe(image.iso.sha256);
  });

  test('has one image of the same inputs: the first, unless it is replaced', async () => {
    const first = await stored();
    await push(first);
    const second = { ...(await stored()), facts: first.facts };
    expect(await push(second)).toBe('other');
    expect(await push(second, { replace: true })).toBe('pushed');
  });

  test('is not written where it is read-only', async () => {
    const image = await stored();
    await expect(push(image, {}, remoteOf(registry.env, 'read'))).rejects.toMatchObject({ code: 'REMOTE_READ_ONLY' });
  });

  test('answers strangers with a refusal that says how to log in', async () => {
    const image = await stored();
    const denied = { code: 'REMOTE_DENIED', hint: expect.stringContaining('skopeo login 127.0.0.1') };
    await expect(push(image, {}, remoteOf(registry.stranger))).rejects.toMatchObject(denied);
    const asked = fetchImage(elsewhere(), image.facts.inputs, remoteOf(registry.stranger));
    await expect(asked).rejects.toMatchObject(denied);
  });

  test('that is down, or whose certificate cannot be verified, is unreachable', async () => {
    const { SSL_CERT_FILE: _, ...unknown } = registry.env;
    const inputs = `sha256:${'a'.repeat(64)}`;
    const down = { code: 'REMOTE_UNREACHABLE', fault: 'environment' };
    await expect(fetchImage(store, inputs, remoteOf(unknown))).rejects.toMatchObject(down);
    await registry.stop();
    onTestFinished(() => registry.start());
    await expect(fetchImage(store, inputs, remoteOf())).rejects.toMatchObject(down);
  });

  test('that does not answer is given up when the signal says so', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const aborter = new AbortController();
    silent.once('connection', () => aborter.abort(new Error('enough')));
    const remote = { ...remoteOf(), repository: `127.0.0.1:${port}/a/b` };
    await expect(fetchImage(store, `sha256:${'a'.repeat(64)}`, remote, { signal: aborter.signal })).rejects.toThrow(
      'enough',
    );
  });
});

/** Digests of all blobs that were put there, in order. */
const blobs = async (): Promise<string[]> =>
  (await registry.requests()).filter((line) => /^PUT \S*\/blobs\/uploads\/\S* 201$/u.test(line)).map(digestIn);

/** The digest that a blob is put under: `…?digest=sha256%3A…`. */
function digestIn(line: string): string {
  return /digest=sha256%3A([0-9a-f]{64})/u.exec(line)?.[1] ?? line;
}

describe.skipIf(isLeftOut)('an entry that somebody else made', () => {
  interface Layers {
    layers: { digest: string; size: number; annotations: Record<string, string> }[];
    annotations: Record<string, string>;
  }
  /** A good image whose manifest is changed in the registry. */
  async function poisoned(change: (manifest: Layers) => unknown, partSize?: number) {
    const image = await stored();
    await push(image, partSize === undefined ? {} : { partSize });
    const path = `/v2/phyllome/images/manifests/${tagOf(image.facts.inputs)}`;
    const manifest: Layers = JSON.parse((await registry.ask(path)).body.toString());
    const text = JSON.stringify(change(manifest) ?? manifest);
    const type = 'application/vnd.oci.image.manifest.v1+json';
    const { status, body } = await registry.ask(path, { method: 'PUT', type, body: text });
    expect(status, body.toString()).toBe(201);
    return fetchImage(elsewhere(), image.facts.inputs, remoteOf());
  }
  const title = 'org.opencontainers.image.title';

  test.each<[string, (manifest: Layers) => unknown, number?]>([
    ['is of other inputs', ({ annotations }) => void (annotations['org.phyllome.inputs'] = `sha256:${'b'.repeat(64)}`)],
    ['names a file outside of itself', ({ layers }) => void (layers[1]!.annotations[title] = '../../.bashrc')],
    ['names a file outside of itself', ({ layers }) => void (layers[1]!.annotations[title] = '/etc/passwd')],
    ['names a file outside of itself', ({ layers }) => void (layers[1]!.annotations = {})],
    ['in one piece', ({ layers }) => void layers.push({ ...layers[1]! })],
    ['in one piece', ({ layers }) => void layers.splice(1, 1), 300_000],
    ['in one piece', ({ layers }) => void layers.splice(0, layers.length, ...layers.toReversed()), 300_000],
    ['as a file and as a directory', ({ layers }) => void (layers[2]!.annotations[title] = 'manifest.json/x')],
    ['is not an image of this project', (manifest) => ({ ...manifest, artifactType: 'application/vnd.other' })],
  ])('%s is refused', async (problem, change, partSize) => {
    await expect(poisoned(change, partSize)).rejects.toMatchObject({
      code: 'REMOTE_WRONG',
      fault: 'no',
      message: expect.stringContaining(problem),
    });
  });

  test('whose bytes were exchanged on the server does not come in', async () => {
    const image = await stored();
    await push(image);
    await registry.tamper(image.iso.sha256);
    const asked = fetchImage(elsewhere(), image.facts.inputs, remoteOf());
    await expect(asked).rejects.toMatchObject({ code: 'REMOTE_WRONG', fault: 'no' });
    expect(await staged(elsewhere())).toEqual([]);
  });

  test('that leaves no room on the disk is refused before it comes', async () => {
    await expect(poisoned(({ layers }) => void (layers[1]!.size = 2 ** 52))).rejects.toMatchObject({
      code: 'STORE_FULL',
    });
  });

  test('whose layer says another size does not come in', async () => {
    await expect(poisoned(({ layers }) => void (layers[1]!.size = 1))).rejects.toMatchObject({ code: 'REMOTE_WRONG' });
    expect(await staged(elsewhere())).toEqual([]);
  });
});
