import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { writeIfChanged } from './write.ts';

async function workspace() {
  const root = await mkdtemp(join(tmpdir(), 'phyllome-write-'));
  onTestFinished(() => rm(root, { recursive: true }));
  const readText = (path: string): string | undefined => {
    try {
      return readFileSync(resolve(root, path), 'utf8');
    } catch {
      return undefined;
    }
  };
  return { root, readFile: readText };
}

test('a file is made with its folders, written when it has another text, and else left alone', async () => {
  const at = await workspace();
  expect(await writeIfChanged(at, 'a/b.json', 'one')).toBe(true);
  const { mtimeMs, ino } = await stat(join(at.root, 'a/b.json'));
  expect(await writeIfChanged(at, join(at.root, 'a/b.json'), 'one')).toBe(false);
  expect(await stat(join(at.root, 'a/b.json'))).toMatchObject({ mtimeMs, ino });
  expect(await writeIfChanged(at, 'a/b.json', 'two')).toBe(true);
  expect(await readFile(join(at.root, 'a/b.json'), 'utf8')).toBe('two');
});

test('its permissions stay', async () => {
  const at = await workspace();
  await writeIfChanged(at, 'a', 'one');
  await chmod(join(at.root, 'a'), 0o640);
  await writeIfChanged(at, 'a', 'two');
  expect((await stat(join(at.root, 'a'))).mode & 0o777).toBe(0o640);
});

test('several at once: it is whole, and nothing is left beside it', async () => {
  const at = await workspace();
  const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(100_000));
  await Promise.all(texts.map((text) => writeIfChanged(at, 'a', text)));
  expect(texts).toContain(await readFile(join(at.root, 'a'), 'utf8'));
  expect(await readdir(at.root)).toEqual(['a']);
});

test('one that cannot be written leaves nothing', async () => {
  const at = await workspace();
  await mkdir(join(at.root, 'a/b'), { recursive: true });
  await expect(writeIfChanged(at, 'a', 'one')).rejects.toMatchObject({ code: 'EISDIR' });
  expect(await readdir(at.root)).toEqual(['a']);
});

test.each([
  ['the file', 'flat/flat-l.cfg', 'precious', 'file'],
  ['its folder', 'flat', '.', 'directory'],
])('nothing is written through a symbolic link: %s', async (_, from, to, kind) => {
  const [at, outside] = [await workspace(), await workspace()];
  await writeFile(join(outside.root, 'precious'), 'precious');
  if (kind === 'file') await mkdir(join(at.root, 'flat'));
  await symlink(join(outside.root, to), join(at.root, from));
  await expect(writeIfChanged(at, 'flat/flat-l.cfg', 'one')).rejects.toMatchObject({
    code: 'OUTPUT_IS_LINK',
    message: `${from} is a symbolic link, and nothing is written through it`,
  });
  expect(await readdir(outside.root)).toEqual(['precious']);
  expect(await readFile(join(outside.root, 'precious'), 'utf8')).toBe('precious');
});
