/**
 * Media of others that hold no operating system: `node bench/vm/foreign.ts`.
 *
 * Takes them from Debian's packages memtest86+, grub-rescue-pc and ipxe, by `apt-get download` into a temporary
 * directory, judges each with nothing said of it, GRUB's also with what it is to show, and cuts one short to see it
 * rejected. Prints verdict and time. Exits with 1 when one was judged otherwise than the table says.
 */
import { readFile, readdir, truncate, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { acceptImage, openMedium, type AcceptOptions, type Verdict } from '@phyllome/vm-tester';
import { temporaryDirectory } from '@phyllome/host';

interface Foreign {
  name: string;
  path: string;
  options?: AcceptOptions;
  /** Its status, and cause where it is rejected. */
  expected: string;
}

await using directory = await temporaryDirectory('vm-foreign-');
await execa('apt-get', ['download', 'memtest86+', 'grub-rescue-pc', 'ipxe'], { cwd: directory.path });
for (const name of await readdir(directory.path)) {
  if (name.endsWith('.deb')) await execa('dpkg-deb', ['--extract', name, '.'], { cwd: directory.path });
}
const file = (path: string): string => join(directory.path, path);
const memtest = file('usr/lib/memtest86+/memtest86+x64.iso');
const grub = file('usr/lib/grub-rescue/grub-rescue-cdrom.iso');
const cut = file('cut.iso');
await copyFile(memtest, cut);
await truncate(cut, (await readFile(memtest)).length / 4);

const MEDIA: readonly Foreign[] = [
  { name: 'memtest86+, ISO', path: memtest, expected: 'accepted' },
  { name: 'memtest86+, kernel', path: file('boot/memtest86+x64.bin'), expected: 'accepted' },
  { name: 'memtest86+, ISO cut to a quarter', path: cut, expected: 'rejected: bad-media' },
  { name: 'iPXE, ISO', path: file('usr/lib/ipxe/ipxe.iso'), expected: 'accepted' },
  { name: 'GRUB rescue, ISO', path: grub, expected: 'rejected: bad-media' },
  {
    name: 'GRUB rescue, ISO, to show its menu',
    path: grub,
    options: { instrument: 'screen', readyWhen: { text: /GNU GRUB +version/u, fromStart: true } },
    expected: 'accepted',
  },
];

console.log('| medium | expected | verdict | s | |');
console.log('| --- | --- | --- | --- | --- |');
let wrong = 0;
for (const { name, path, options, expected } of MEDIA) {
  const start = performance.now();
  await using medium = await openMedium(path);
  const verdict = await acceptImage(medium.image, { firmware: 'bios', ...options });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const fine = described(verdict) === expected;
  if (!fine) wrong++;
  console.log(`| ${name} | ${expected} | ${described(verdict)} | ${seconds} | ${fine ? 'ok' : 'WRONG'} |`);
  if (!fine && verdict.status !== 'accepted') for (const { line } of verdict.evidence) console.log(`<!-- ${line} -->`);
}
process.exitCode = wrong > 0 ? 1 : 0;

function described(verdict: Verdict): string {
  return verdict.status === 'accepted' ? 'accepted' : `${verdict.status}: ${verdict.cause}`;
}
