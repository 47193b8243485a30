import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { knownTool, toolIn } from './ready-when.ts';

/** What is built like a Linux kernel, at the second sector of a medium. */
function mediumWith(version: string, ...more: string[]): Buffer {
  const start = 2048;
  const bytes = Buffer.alloc(64 * 1024);
  bytes.writeUInt16LE(0xaa55, start + 0x1fe);
  bytes.write('HdrS', start + 0x202);
  bytes.writeUInt16LE(0x100, start + 0x20e);
  bytes.write(`${version}\0`, start + 0x300);
  for (const [index, text] of more.entries()) bytes.write(text, 16_384 * (index + 1));
  return bytes;
}

const LINUX = '6.12.118+deb13-amd64 (debian-kernel@lists.debian.org) #1 SMP';

test.each([
  ['Memtest86+', mediumWith('Memtest86+ v6.10')],
  ['iPXE', mediumWith('1.0.0+git-20190125', 'See http://ipxe.org/cmd/%s for further information')],
  [undefined, mediumWith(LINUX)],
  [undefined, mediumWith(LINUX, 'linux16 /memtest86+.bin', 'http://ipxe.org/')],
  [undefined, mediumWith('Memtest86+ v6.10', 'hsqs')],
  [undefined, mediumWith('1.0', 'menuentry "Memtest86+"', 'GRUB')],
  [undefined, Buffer.alloc(0)],
  [undefined, Buffer.from('HdrS')],
  [undefined, Buffer.concat([Buffer.alloc(0x202), Buffer.from('HdrS')])],
])('%s', (name, bytes) => {
  expect(toolIn(bytes)?.name).toBe(name);
});

test.each([
  ['Memtest86+', '      Memtest86+ v6.10      | AMD Ryzen', true],
  ['Memtest86+', 'Loading Memtest86+\n', false],
  ['iPXE', 'iPXE 1.0.0+git-20190125.36a4c85-5.1 -- Open Source Network Boot Firmware -- http://ipxe.org', true],
  ['iPXE', 'iPXE initialising devices...', false],
])('%s is up: %j: %s', (name, screen, up) => {
  const medium = name === 'iPXE' ? mediumWith('1.0', 'http://ipxe.org/') : mediumWith('Memtest86+ v6.10');
  expect(toolIn(medium)?.readyWhen.text.test(screen)).toBe(up);
});

test('what cannot be read is for others to refuse', async () => {
  expect(await knownTool(join(tmpdir(), 'nothing-is-called-this'))).toBeUndefined();
  expect(await knownTool(tmpdir())).toBeUndefined();
  expect(await knownTool('/dev/zero')).toBeUndefined();
});
