import { hash } from 'node:crypto';
import { mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { keepIso, knownIso } from './keep-iso.ts';

const content = 'an installer';
const sha256 = hash('sha256', content);

async function folder(): Promise<{ cacheDir: string; file: string }> {
  const at = await mkdtempDisposable(join(tmpdir(), 'phyllome-keep-iso-'));
  onTestFinished(() => at.remove());
  const file = join(at.path, 'Netinst 44.iso');
  await writeFile(file, content);
  return { cacheDir: join(at.path, 'media'), file };
}

/** The address of a server that gives everybody this, and how often it was asked. */
async function served(text: string): Promise<{ url: string; asked: () => number }> {
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it does not listen');
  return { url: `http://127.0.0.1:${address.port}/netinst.iso`, asked: () => asked };
}

test('a file is kept by its sum, and found again', async () => {
  const { cacheDir, file } = await folder();
  expect(await keepIso(file, undefined, { cacheDir })).toEqual({
    name: 'Netinst 44.iso',
    sha256,
    path: join(cacheDir, `${sha256}.iso`),
  });
  expect(await readFile(await knownIso({ name: 'netinst.iso', sha256 }, { cacheDir }), 'utf8')).toBe(content);
  await expect(keepIso(file, 'a'.repeat(64), { cacheDir })).rejects.toMatchObject({ code: 'CHECKSUM_WRONG' });
  expect(await readdir(cacheDir)).toEqual([`${sha256}.iso`]);
});

test('one that was damaged where it is kept is fetched again, or said to be missing', async () => {
  const { cacheDir, file } = await folder();
  const { url, asked } = await served(content);
  const { path } = await keepIso(file, sha256, { cacheDir });
  await writeFile(path, 'an instaler');
  await expect(knownIso({ name: 'netinst.iso', sha256 }, { cacheDir })).rejects.toMatchObject({
    code: 'SOURCE_INVALID',
    message: expect.stringContaining('is not on this machine') as unknown,
  });
  await writeFile(path, 'an instaler');
  expect(await readFile(await knownIso({ name: 'netinst.iso', sha256, url }, { cacheDir }), 'utf8')).toBe(content);
  await knownIso({ name: 'netinst.iso', sha256, url }, { cacheDir });
  expect(asked()).toBe(1);
});

test('what a server has instead is not kept', async () => {
  const { cacheDir } = await folder();
  const { url } = await served('something else');
  await expect(knownIso({ name: 'netinst.iso', sha256, url }, { cacheDir })).rejects.toMatchObject({
    code: 'CHECKSUM_WRONG',
  });
  expect(await readdir(cacheDir)).toEqual([]);
});
