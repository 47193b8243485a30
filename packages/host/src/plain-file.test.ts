import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOfPlainFile, readPlainFile, stateOfPlainFile } from './plain-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plain-file-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);

test('a plain file is read, and known by its digest', async () => {
  const bytes = Buffer.alloc(3 * 1024 * 1024 + 1, 'x');
  await writeFile(at('plain'), bytes);
  expect(await readPlainFile(at('plain'), bytes.length)).toEqual(bytes);
  const parts: number[] = [];
  const digest = await digestOfPlainFile(at('plain'), {
    onChunk: async ({ length }) => void parts.push(length),
  });
  expect(digest).toMatchObject({
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    state: { size: bytes.length, links: 1 },
  });
  expect(parts.reduce((sum, part) => sum + part, 0)).toBe(bytes.length);
  await writeFile(at('empty'), '');
  expect((await readPlainFile(at('empty'), 0)).length).toBe(0);
});

test('nothing else is: no link is followed, no FIFO waited for, no device read', async () => {
  await writeFile(at('plain'), 'x');
  await symlink('plain', at('link'));
  await symlink('/dev/zero', at('zero'));
  await mkdir(at('directory'));
  await execa('mkfifo', [at('fifo')]);
  const kinds = { link: 'symbolic link', zero: 'symbolic link', directory: 'directory', fifo: 'FIFO' };
  for (const [name, kind] of Object.entries(kinds)) {
    const error = { code: 'NOT_PLAIN', message: `${at(name)} is a ${kind}` };
    await expect(readPlainFile(at(name), 10)).rejects.toMatchObject(error);
    await expect(digestOfPlainFile(at(name))).rejects.toMatchObject(error);
    await expect(stateOfPlainFile(at(name))).rejects.toMatchObject(error);
  }
  await expect(readPlainFile('/dev/zero', 10)).rejects.toMatchObject({ code: 'NOT_PLAIN', what: 'is a device' });
});

test('what is not there, too large, or grows, is an error', async () => {
  expect(await stateOfPlainFile(at('none'))).toBeUndefined();
  await expect(readPlainFile(at('none'), 10)).rejects.toMatchObject({ code: 'ENOENT' });
  await writeFile(at('plain'), 'eleven byte');
  await expect(readPlainFile(at('plain'), 10)).rejects.toMatchObject({ code: 'TOO_LARGE' });
  const growing = digestOfPlainFile(at('plain'), { onChunk: () => appendFile(at('plain'), 'more') });
  await expect(growing).rejects.toMatchObject({ code: 'CHANGED' });
  // A file of procfs says that it has no bytes, and has some.
  await expect(readPlainFile('/proc/self/status', 1000)).rejects.toMatchObject({ code: 'CHANGED' });
});

test('reading ends when it is aborted', async () => {
  await writeFile(at('plain'), 'x');
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(digestOfPlainFile(at('plain'), { signal })).rejects.toThrow('enough');
});
