import { createHash } from 'node:crypto';
import { mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { imageInLayout, isLayout } from './oci-layout.ts';

const { signal } = new AbortController();
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

interface Layer {
  content: string;
  mediaType: string;
  title?: string;
}

const ISO: Layer = { content: 'an ISO', mediaType: 'application/vnd.efi.iso', title: 'l.iso' };
const EVIDENCE: Layer = { content: '{}', mediaType: 'application/json', title: 'manifest.json' };

/** Writes a layout with one artifact of these layers. @returns the path of the first layer's blob */
async function writeLayout(directory: string, layers: readonly Layer[]): Promise<string> {
  const blobs = join(directory, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const blob = async (content: string, mediaType: string, title?: string) => {
    const hex = createHash('sha256').update(content).digest('hex');
    await writeFile(join(blobs, hex), content);
    const annotations = title === undefined ? {} : { annotations: { 'org.opencontainers.image.title': title } };
    return { mediaType, digest: `sha256:${hex}`, size: content.length, ...annotations };
  };
  const described = await Promise.all(layers.map(({ content, mediaType, title }) => blob(content, mediaType, title)));
  const config = await blob('{}', 'application/vnd.oci.empty.v1+json');
  const manifest = await blob(
    JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: described }),
    MANIFEST,
  );
  await writeFile(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
  await writeFile(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return join(blobs, described[0]?.digest.slice('sha256:'.length) ?? '');
}

test.each<[string, Layer[]]>([
  ['an ISO beside its evidence', [ISO, EVIDENCE]],
  [
    'a disk, by its title',
    [{ content: 'disk', mediaType: 'application/octet-stream', title: 'cloud.qcow2.xz' }, EVIDENCE],
  ],
  ['the only layer', [{ content: 'disk', mediaType: 'application/octet-stream' }]],
])('%s is found', async (_, layers) => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'layout-'));
  expect(isLayout(directory.path)).toBe(false);
  const first = await writeLayout(directory.path, layers);
  expect(isLayout(directory.path)).toBe(true);
  expect(await imageInLayout(directory.path, signal)).toBe(first);
});

test.each<[string, Layer[]]>([
  ['files of a container', [{ content: 'tar', mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' }]],
  ['evidence alone', [EVIDENCE, { ...EVIDENCE, content: '[]' }]],
  ['two images', [ISO, { ...ISO, content: 'another' }]],
  ['no layers', []],
])('%s: not one image', async (_, layers) => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'layout-'));
  await writeLayout(directory.path, layers);
  await expect(imageInLayout(directory.path, signal)).rejects.toMatchObject({ code: 'ISO_NOT_FOUND' });
});

test('an image, or a manifest, that is not what its digest says is not booted', async () => {
  for (const damage of ['image', 'manifest', 'index']) {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'layout-'));
    const image = await writeLayout(directory.path, [ISO]);
    const index = join(directory.path, 'index.json');
    const [digest = ''] = /[0-9a-f]{64}/u.exec(await readFile(index, 'utf8')) ?? [];
    const path = { image, manifest: join(directory.path, 'blobs/sha256', digest), index }[damage] ?? '';
    await writeFile(path, `${await readFile(path, 'utf8')}x`);
    await expect(imageInLayout(directory.path, signal)).rejects.toMatchObject({ code: 'ISO_NOT_FOUND' });
  }
});
