import { execFileSync } from 'node:child_process';
import { mkdtempDisposable, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { injectFiles } from './inject.ts';
import { newc, paddingAfter } from './newc.ts';

/** busybox unpacks as an initramfs would be: a program of other authors reads what we write. */
function unpack(archive: Buffer, directory: string): void {
  execFileSync('busybox', ['cpio', '-i', '-d'], { cwd: directory, input: archive, stdio: ['pipe', 'pipe', 'pipe'] });
}

test('busybox reads the files back, with their folders and modes', async () => {
  await using at = await mkdtempDisposable(join(tmpdir(), 'newc-'));
  unpack(
    newc([
      { path: 'flat-dhi.cfg', content: 'text\n' },
      { path: 'etc/hooks/a.sh', content: '#!/bin/sh\n', mode: 0o755 },
      { path: 'etc/hooks/empty', content: '' },
    ]),
    at.path,
  );
  expect(await readFile(join(at.path, 'flat-dhi.cfg'), 'utf8')).toBe('text\n');
  expect(await readFile(join(at.path, 'etc/hooks/a.sh'), 'utf8')).toBe('#!/bin/sh\n');
  expect((await stat(join(at.path, 'etc/hooks/a.sh'))).mode & 0o777).toBe(0o755);
  expect((await stat(join(at.path, 'etc/hooks/empty'))).size).toBe(0);
});

test('any bytes come back, whatever their number', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 4 }), async (contents) => {
      await using at = await mkdtempDisposable(join(tmpdir(), 'newc-'));
      unpack(newc(contents.map((content, index) => ({ path: `f${index}`, content: Buffer.from(content) }))), at.path);
      for (const [index, content] of contents.entries()) {
        expect(await readFile(join(at.path, `f${index}`))).toEqual(Buffer.from(content));
      }
    }),
    { numRuns: 20 },
  );
});

test('equal files give equal bytes, in a multiple of four', () => {
  const archive = newc([{ path: 'a', content: 'b' }]);
  expect(newc([{ path: 'a', content: 'b' }])).toEqual(archive);
  expect(archive.length % 4).toBe(0);
});

test.each(['/flat.cfg', '../flat.cfg', 'a//b', '', 'a\0b', 'TRAILER!!!', '.'])('%j is refused', (path) => {
  expect(() => newc([{ path, content: '' }])).toThrow('cannot be the path of a file in the initramfs');
});

test.each([
  [0, 0],
  [1, 3],
  [4, 0],
  [7, 1],
])('after %i bytes come %i zeros', (length, zeros) => {
  expect(paddingAfter(length)).toEqual(Buffer.alloc(zeros));
});

test('an archive is put behind a compressed initramfs, at an address divisible by four', async () => {
  await using at = await mkdtempDisposable(join(tmpdir(), 'inject-'));
  const [from, to] = [join(at.path, 'initrd.img'), join(at.path, 'injected.img')];
  // Of a length that needs padding.
  const old = Buffer.concat([gzipSync(newc([{ path: 'init', content: 'old' }])), Buffer.alloc(1)]);
  const initrd = old.length % 4 === 0 ? Buffer.concat([old, Buffer.alloc(1)]) : old;
  await writeFile(from, initrd);
  await injectFiles(from, to, [{ path: 'flat-dhi.cfg', content: 'text\n' }]);
  const injected = await readFile(to);
  expect(injected.subarray(0, initrd.length)).toEqual(initrd);
  const start = injected.indexOf('070701');
  expect(start % 4).toBe(0);
  expect(injected.subarray(initrd.length, start).every((byte) => byte === 0)).toBe(true);
  unpack(injected.subarray(start), at.path);
  expect(await readFile(join(at.path, 'flat-dhi.cfg'), 'utf8')).toBe('text\n');
  expect(await readFile(from)).toEqual(initrd);
});

test('a file that cannot be injected leaves nothing', async () => {
  await using at = await mkdtempDisposable(join(tmpdir(), 'inject-'));
  const to = join(at.path, 'injected.img');
  await expect(injectFiles(join(at.path, 'absent'), to, [])).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(stat(to)).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(stat(`${to}.partial`)).rejects.toMatchObject({ code: 'ENOENT' });
});
