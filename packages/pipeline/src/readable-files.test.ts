import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { requireReadableFiles } from './readable-files.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'readable-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'leaves/blocks'), { recursive: true });
  writeFileSync(join(root, 'leaves/l.cfg'), 'text\n');
});

function link(to: string, path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(to, join(root, path));
}

test.each([
  ['/dev/zero', 'leaves/zero.cfg'],
  ['/dev/zero', '.gitignore'],
  ['/proc/meminfo', 'leaves/blocks/core.cfg'],
  ['/proc/kmsg', 'docs/kmsg'],
  ['../../../../../../../../dev/zero', 'a/b/c'],
  // What is ignored by git is so by a file of the same pull request.
  ['/dev/zero', 'dist/iso-l/zero'],
  ['/dev/zero', '.nx/zero'],
])('a link to %s at %s is refused', (to, path) => {
  link(to, path);
  expect(() => requireReadableFiles(root)).toThrow(
    expect.objectContaining({ code: 'FILE_ENDLESS', message: expect.stringMatching(`^${path} is a link to /`) }),
  );
});

test('a link to a link that leads out is refused', () => {
  link('/dev', 'leaves/blocks/devices');
  link('devices/zero', 'leaves/blocks/zero');
  expect(() => requireReadableFiles(root)).toThrow('leaves/blocks/zero is a link to /dev/zero, which is');
});

test('a FIFO, and a link to one, are refused', () => {
  execFileSync('mkfifo', [join(root, 'fifo')]);
  link('../fifo', 'leaves/fifo.cfg');
  expect(() => requireReadableFiles(root)).toThrow(
    /^fifo is not a regular file\nleaves\/fifo\.cfg is a link to \/.*\/fifo, which is not a regular file$/u,
  );
});

test('a link to a file that is a disk is refused, and to one of the workspace not', () => {
  const disk = `${root}.img`;
  onTestFinished(() => rmSync(disk));
  for (const path of [disk, join(root, 'own.img')]) {
    writeFileSync(path, '');
    truncateSync(path, 2 ** 40);
  }
  link('../own.img', 'leaves/own');
  expect(() => requireReadableFiles(root)).not.toThrow();
  link(disk, 'leaves/disk');
  expect(() => requireReadableFiles(root)).toThrow(/^leaves\/disk is a link to .*, which has more than 64 MiB$/u);
});

test('of many, some are named', () => {
  for (let number = 0; number < 30; number += 1) link('/dev/zero', `many/${number}`);
  expect(() => requireReadableFiles(root)).toThrow(/^(?:many\/\d+ is .*\n){10}and 20 more$/u);
});

test('what Nx reads to its end, or not at all, stays', async () => {
  link('l.cfg', 'leaves/again.cfg');
  link('/etc', 'leaves/blocks/etc');
  // Its leaf is refused, the others are not.
  link('/etc/passwd', 'leaves/blocks/passwd.cfg');
  link('nowhere', 'leaves/nowhere.cfg');
  link('itself', 'leaves/itself');
  link('/dev/zero', 'packages/a/node_modules/zero');
  link('/dev/zero', '.git/zero');
  link('/dev/zero', '.nx/cache/zero');
  const server = createServer().listen(join(root, 'socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  expect(() => requireReadableFiles(root)).not.toThrow();
  await new Promise((resolve) => server.close(resolve));
});
