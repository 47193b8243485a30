import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { readImage, recordPath } from './record.ts';

const good = {
  schema: 1,
  edition: 'l',
  name: 'phyllome-l-44-rehearsal.iso',
  volid: 'Phyllome-l-44-rehearsal',
  size: 1,
  sha256: '0'.repeat(64),
  kickstart: '1'.repeat(64),
  builder: 'rehearsal',
  rehearsal: true,
  profile: 'draft',
  extraBootArgs: '',
};

let root: string;
let path: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'record-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  path = recordPath({ root }, 'l');
  mkdirSync(dirname(path), { recursive: true });
});
const read = () => readImage({ root }, 'l');

test('what a build wrote is read', async () => {
  writeFileSync(path, JSON.stringify(good));
  expect(await read()).toEqual(good);
});

test.each<[string, object]>([
  ['a way out of its directory', { name: '../../x.iso' }],
  ['an absolute name', { name: '/etc/x.iso' }],
  ['the name of another file', { name: 'manifest.json' }],
  ['an option for a name', { name: '--help.iso' }],
  ['a name of 134 letters', { name: `${'x'.repeat(130)}.iso` }],
  ['a digest in capitals', { sha256: 'A'.repeat(64) }],
  ['a path for a digest', { sha256: '../'.repeat(21) }],
  ['another edition', { edition: 'ldhi' }],
  ['a size that is none', { size: -1 }],
  ['a size without end', { size: 1e308 }],
  ['a volume id with blanks', { volid: 'a b' }],
  ['a builder with controls', { builder: '\u202E' }],
  ['arguments without end', { extraBootArgs: 'x'.repeat(5000) }],
  ['another schema', { schema: 2 }],
  ['another profile', { profile: '__proto__' }],
])('%s in it makes it none', async (_, change) => {
  writeFileSync(path, JSON.stringify({ ...good, ...change }));
  expect(await read()).toBeUndefined();
});

test.each<[string, () => void]>([
  ['nested for ever', () => writeFileSync(path, '['.repeat(60_000))],
  ['no JSON', () => writeFileSync(path, `\uFEFF${JSON.stringify(good)},`)],
  ['an array', () => writeFileSync(path, JSON.stringify([good]))],
  ['too large', () => writeFileSync(path, `${' '.repeat(70_000)}${JSON.stringify(good)}`)],
  ['a FIFO', () => void execFileSync('mkfifo', [path])],
  ['a link to a device', () => symlinkSync('/dev/zero', path)],
  ['a directory', () => mkdirSync(path)],
])('one that is %s is none', async (_, make) => {
  make();
  expect(await read()).toBeUndefined();
});

test('keys of objects are no members of one', async () => {
  writeFileSync(path, `${JSON.stringify(good).slice(0, -1)},"__proto__":{"rehearsal":false}}`);
  expect((await read())?.rehearsal).toBe(true);
});
