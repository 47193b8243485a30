import { expect, test } from 'vitest';
import type { Build } from '../image/build.ts';
import { type Contents, parseListing } from '../image/contents.ts';
import { diffImages, isSame } from './diff-images.ts';
import { bytes, renderDiff } from './render.ts';

const build = (more: Partial<Build> = {}): Build => ({
  directory: 'dist/iso-l',
  edition: 'l',
  iso: 'phyllome-l-44.iso',
  size: 1024,
  sha256: 'a'.repeat(64),
  volid: 'X',
  profile: 'draft',
  builder: 'fedora',
  rehearsal: false,
  releasever: '44',
  sourceDateEpoch: undefined,
  packages: [],
  verdicts: [],
  evidence: [],
  ...more,
});

const contents = (listing: string, more: Partial<Contents> = {}): Contents => ({
  files: parseListing(listing),
  services: [],
  kernels: ['6.12.1'],
  bootArguments: ['quiet'],
  ...more,
});

const verdict = (status: 'accepted' | 'rejected', cause?: string) => ({
  firmware: 'bios',
  status,
  cause,
  directory: 'test-vm/bios',
  screenshot: undefined,
});

test('packages are added, removed and updated by name and architecture', () => {
  const from = [
    { name: 'bash', version: '5.1' },
    { name: 'glibc', version: '2', arch: 'x86_64' },
    { name: 'glibc', version: '2', arch: 'i686' },
    { name: 'kernel', version: '1' },
    { name: 'zsh', version: '1' },
  ];
  const to = [
    { name: 'bash', version: '5.2' },
    { name: 'glibc', version: '2', arch: 'x86_64' },
    { name: 'kernel', version: '1' },
    { name: 'kernel', version: '2' },
  ];
  const { packages } = diffImages({ build: build({ packages: from }) }, { build: build({ packages: to }) });
  expect(packages).toEqual({
    updated: [{ name: 'bash', from: '5.1', to: '5.2' }],
    added: [{ name: 'kernel', version: '2' }],
    removed: [
      { name: 'glibc', version: '2', arch: 'i686' },
      { name: 'zsh', version: '1' },
    ],
  });
});

const A = `drwxr-xr-x 0/0  343 2025-08-09 00:00 squashfs-root
-rw-r--r-- 0/0   100 2026-11-20 17:06 squashfs-root/usr/bin/a
-rw-r--r-- 0/0    50 2026-11-20 17:06 squashfs-root/usr/bin/gone -> here
lrwxrwxrwx 0/0     7 2026-11-08 20:20 squashfs-root/bin -> usr/bin
crw-rw-rw- 0/0  5,  1 2025-08-09 00:00 squashfs-root/dev/console`;
const B = `drwxr-xr-x 0/0  999 2025-08-09 00:00 squashfs-root
-rwsr-xr-x 0/0   100 2026-11-21 17:06 squashfs-root/usr/bin/a
lrwxrwxrwx 0/0     7 2026-11-08 20:20 squashfs-root/bin -> usr/sbin
crw-rw-rw- 0/0  5,  1 2025-08-09 00:00 squashfs-root/dev/console
-rw-r--r-- 0/0 70000 2026-11-20 17:06 squashfs-root/usr/share/new file`;

test('files are compared by kind, mode, owner, size and target, and summed by directory', () => {
  const diff = diffImages(
    { build: build(), contents: contents(A) },
    { build: build({ sha256: 'b'.repeat(64) }), contents: contents(B) },
  );
  expect(diff.contents?.directories).toEqual([
    { directory: '/usr/share', added: 1, removed: 0, changed: 0, bytes: 70_000 },
    { directory: '/usr/bin', added: 0, removed: 1, changed: 1, bytes: -50 },
    { directory: '/', added: 0, removed: 0, changed: 1, bytes: 0 },
  ]);
  expect(renderDiff(diff)).toContain('/usr/share: 1 added, 0 removed, 0 changed, +68.4 KiB');
});

test('kernel, services, boot arguments and verdicts', () => {
  const diff = diffImages(
    { build: build({ verdicts: [verdict('accepted')] }), contents: contents('', { services: ['a: x.service'] }) },
    {
      build: build({ sha256: 'b'.repeat(64), size: 2048, verdicts: [verdict('rejected', 'oops')] }),
      contents: contents('', { services: ['a: y.service'], kernels: ['6.12.2'], bootArguments: ['quiet', 'iommu=pt'] }),
    },
  );
  expect(renderDiff(diff).split('\n')).toEqual([
    'phyllome-l-44.iso → phyllome-l-44.iso',
    '  size: 1.0 KiB → 2.0 KiB (+1.0 KiB)',
    '  kernel: 6.12.1 → 6.12.2',
    '  services: 2',
    '  + a: y.service',
    '  - a: x.service',
    '  boot arguments: 1',
    '  + iommu=pt',
    '  verdict bios: accepted → rejected: oops',
  ]);
});

test('the same image is the same', () => {
  const diff = diffImages({ build: build() }, { build: build() });
  expect([isSame(diff), renderDiff(diff)]).toEqual([true, 'phyllome-l-44.iso: the same image, byte for byte']);
});

test('other bytes alone are said to be no more than that', () => {
  const diff = diffImages({ build: build() }, { build: build({ sha256: 'b'.repeat(64) }) });
  expect([isSame(diff), renderDiff(diff)]).toEqual([true, expect.stringContaining('but in their bytes')]);
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [3 * 1024 ** 3, '3.0 GiB'],
])('%d bytes are %s', (count, text) => {
  expect(bytes(count)).toBe(text);
});
