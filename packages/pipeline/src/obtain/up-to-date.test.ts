import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { pathsOf } from '../store/paths.ts';
import { type Asked, type LookedAt, noteUpToDate, treeOf, upToDateText } from './up-to-date.ts';

let root: string;
let asked: Asked;
let at: number;
const path = (name: string): string => join(root, name);
const looked = (): LookedAt => ({
  states: [...treeOf(path('code')), path('code/none'), path('.env')],
  contents: [path('evidence')],
});

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'phyllome-noted-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(path('code/deep'), { recursive: true });
  for (const name of ['code/a.ts', 'code/deep/b.ts', 'evidence']) writeFileSync(path(name), name);
  asked = { store: { root: path('store') }, root, words: ['build', 'l'], env: { PHYLLOME_BUILDER: 'rehearsal' } };
  // As if all of it had been there for a second.
  at = statSync(path('evidence')).ctimeMs + 1000;
  noteUpToDate(asked, looked(), 'nothing to do', at);
});

test('what was noted holds while nothing changes', () => {
  expect(upToDateText(asked, at + 5000)).toBe('nothing to do');
});

test('a file that was written again with the same bytes is the same evidence', () => {
  rmSync(path('evidence'));
  writeFileSync(path('evidence'), 'evidence');
  expect(upToDateText(asked, at + 5000)).toBe('nothing to do');
});

test.each<[string, () => void]>([
  ['an edited file', () => appendFileSync(path('code/a.ts'), 'x')],
  ['a touched file', () => utimesSync(path('code/a.ts'), 1, 1)],
  ['a new file', () => writeFileSync(path('code/deep/new.ts'), '')],
  ['a deleted file', () => rmSync(path('code/deep/b.ts'))],
  ['a file that was not there', () => writeFileSync(path('.env'), '')],
  ['other evidence', () => writeFileSync(path('evidence'), 'Evidence')],
  ['no evidence', () => rmSync(path('evidence'))],
  ['no store', () => rmSync(path('store'), { recursive: true })],
])('%s ends it', (_, change) => {
  change();
  expect(upToDateText(asked, at + 5000)).toBeUndefined();
});

test.each<[string, Partial<Asked>]>([
  ['another command line', { words: ['build', 'l', '--profile', 'release'] }],
  ['another checkout', { root: '/elsewhere' }],
  ['another variable', { env: { PHYLLOME_BUILDER: 'rehearsal', SOURCE_DATE_EPOCH: '1' } }],
])('%s is another question', (_, other) => {
  expect(upToDateText({ ...asked, ...other }, at + 5000)).toBeUndefined();
});

test('after a day, and before it was made, it holds no more', () => {
  expect(upToDateText(asked, at + 25 * 60 * 60_000)).toBeUndefined();
  expect(upToDateText(asked, at - 1)).toBeUndefined();
});

test('what changed while it was looked at is not noted', () => {
  const other = { ...asked, words: ['build', 'dhi'] };
  noteUpToDate(other, looked(), 'nothing to do', statSync(path('evidence')).ctimeMs);
  expect(upToDateText(other, at)).toBeUndefined();
});

test.each<[string, (note: string) => void]>([
  ['others may write', (note) => chmodSync(note, 0o666)],
  [
    'is a link',
    (note) => {
      renameSync(note, path('elsewhere'));
      symlinkSync(path('elsewhere'), note);
    },
  ],
  [
    'is a FIFO',
    (note) => {
      rmSync(note);
      execFileSync('mkfifo', [note]);
    },
  ],
  ['is too large', (note) => truncateSync(note, 2 ** 40)],
])('a note that %s is none', (_, change) => {
  const folder = pathsOf(asked.store).upToDate;
  const [name = ''] = readdirSync(folder);
  change(join(folder, name));
  expect(upToDateText(asked, at + 5000)).toBeUndefined();
});
