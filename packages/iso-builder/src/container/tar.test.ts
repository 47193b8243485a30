import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { entriesOf, tarOf } from './tar.ts';

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tar-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('the same files give the same bytes, whatever their order and times', async () => {
  const file = join(await temporary(), 'b');
  await writeFile(file, 'from disk');
  const a = { path: 'a', content: 'in memory', mode: 0o755 };
  const b = { path: 'b', file };
  const first = await buffer(tarOf([a, b]));
  await utimes(file, 1, 1);
  expect(await buffer(tarOf([b, a]))).toEqual(first);
});

test('what goes in comes out', async () => {
  const file = join(await temporary(), 'large');
  await writeFile(file, Buffer.alloc(3_000_001, 'x'));
  const archive = tarOf([
    { path: 'folder', folder: true },
    { path: 'folder/empty', content: '' },
    { path: 'folder/large', file },
    { path: 'folder/text', content: 'é', mode: 0o600 },
  ]);
  const seen: unknown[] = [];
  for await (const { header, content } of entriesOf(archive))
    seen.push([header.type, header.name, header.mode, (await text(content)).length]);
  expect(seen).toEqual([
    ['directory', 'folder', 0o755, 0],
    ['file', 'folder/empty', 0o644, 0],
    ['file', 'folder/large', 0o644, 3_000_001],
    ['file', 'folder/text', 0o600, 1],
  ]);
});

test('entries that are not read are skipped', async () => {
  const archive = tarOf([
    { path: 'a', content: Buffer.alloc(1_000_000) },
    { path: 'b', content: 'b' },
  ]);
  const names: string[] = [];
  for await (const { header } of entriesOf(archive)) names.push(header.name);
  expect(names).toEqual(['a', 'b']);
});

test('the stream is let go when somebody stops early', async () => {
  const archive = tarOf([
    { path: 'a', content: 'a' },
    { path: 'b', content: Buffer.alloc(10_000_000) },
  ]);
  for await (const { header } of entriesOf(archive)) if (header.name === 'a') break;
  expect(archive.destroyed).toBe(true);
});

test('a file that cannot be read fails the stream', async () => {
  await expect(buffer(tarOf([{ path: 'a', file: '/nonexistent/a' }]))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('an archive that breaks off fails', async () => {
  const whole = await buffer(tarOf([{ path: 'a', content: Buffer.alloc(100_000) }]));
  const read = async (): Promise<void> => {
    for await (const { content } of entriesOf(Readable.from([whole.subarray(0, 50_000)]))) await buffer(content);
  };
  await expect(read()).rejects.toThrow('Unexpected end of data');
});
