import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { closure, flatten, parse } from '@phyllome/flattener';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { format, meaningOf } from './format.ts';

const ROOT = join(import.meta.dirname, '../../..');
const paths = globSync('leaves/**/*.cfg', { cwd: ROOT }).toSorted();
const leaves = globSync('leaves/*.cfg', { cwd: ROOT }).toSorted();
const TEXTS: ReadonlyMap<string, string> = new Map(paths.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
const readFile = (path: string): string | undefined => TEXTS.get(path);
const FILES = new Map(leaves.map((leaf) => [leaf, closure(leaf, { readFile })]));
const flatOf = (leaf: string, texts: ReadonlyMap<string, string>): string =>
  flatten(leaf, { readFile: (path) => texts.get(path), release: 'F44' }).text;

test('lays out words, blank lines and sections', () => {
  const text = [
    '',
    '# comment  ',
    '  part   /  --size=500   --label="a  b"  # why',
    'zerombr',
    '%packages   --nocore',
    '  @core  ',
    '',
    '',
    ' -nano # no',
    '  %end',
    'reboot',
    '',
    '',
    '%post',
    '  echo  "a   b"  ',
    '',
    '',
    '%end',
  ].join('\n');
  expect(format(text, 'F44')).toBe(
    [
      '# comment',
      'part / --size=500 --label="a  b" # why',
      'zerombr',
      '',
      '%packages --nocore',
      '@core',
      '',
      '-nano # no',
      '%end',
      '',
      'reboot',
      '',
      '%post',
      '  echo  "a   b"  ',
      '',
      '',
      '%end',
    ].join('\n'),
  );
});

test.each([
  ['a comment that would become a directive', '  #platform=x86_64\nzerombr\n'],
  ['blanks that count for the command', 'realm join   --one-time-password=x   example.com\n'],
  ['a quote that is never closed', 'rootpw "a   b\n'],
  ['a blank that is none', 'zerombr\u00A0 # x\n'],
  ['CR LF', 'zerombr\r\nreboot\r\n'],
  ['a lone CR', 'zerombr\rreboot\r'],
])('keeps %s', (_, text) => {
  const after = format(text, 'F44');
  expect(meaningOf(after, 'F44')).toBe(meaningOf(text, 'F44'));
  expect(format(after, 'F44')).toBe(after);
});

describe('every leaf', () => {
  test('means the same when all files are laid out, which changes nothing the second time', () => {
    const laidOut = new Map([...TEXTS].map(([path, text]) => [path, format(text, 'F44')]));
    for (const leaf of leaves) expect(flatOf(leaf, laidOut)).toBe(flatOf(leaf, TEXTS));
    for (const [path, text] of laidOut) expect(format(text, 'F44'), path).toBe(text);
  });

  test('comes back to its layout, and to its meaning, from any other', () => {
    const before = new Map(leaves.map((leaf) => [leaf, flatOf(leaf, TEXTS)]));
    // Two leaves for each file: what one gets of it, the others get, too.
    const including = new Map(
      paths.map((path) => [path, leaves.filter((leaf) => FILES.get(leaf)?.includes(path)).slice(0, 2)]),
    );
    const untidy = fc.constantFrom('', ' ', '  ', '\t');
    const property = fc.property(
      fc.constantFrom(...paths),
      fc.array(fc.tuple(untidy, untidy, fc.integer({ min: 0, max: 2 })), { minLength: 1, maxLength: 7 }),
      (path, ways) => {
        const text = TEXTS.get(path) ?? '';
        const mangled = mangle(path, text, ways);
        const after = new Map(TEXTS).set(path, format(mangled, 'F44'));
        expect(after.get(path)).toBe(format(text, 'F44'));
        for (const leaf of including.get(path) ?? []) expect(flatOf(leaf, after)).toBe(before.get(leaf));
      },
    );
    fc.assert(property, { numRuns: 60 });
  });
});

/** The same commands and packages with other blanks around and between; sections of scripts as they are. */
function mangle(path: string, text: string, ways: readonly (readonly [string, string, number])[]): string {
  let at = 0;
  const way = (): readonly [string, string, number] => ways[(at += 1) % ways.length] ?? ['', '', 0];
  return parse(path, text)
    .nodes.map((node) => {
      const [before, behind, empty] = way();
      if (node.kind === 'blank') return `${before}\n${'\n'.repeat(empty)}`;
      if (node.kind === 'comment') return `${node.line.text}${behind}\n`;
      if (node.kind !== 'section') return `${before}${node.line.text}${behind}\n`;
      const isPackages = node.name === '%packages';
      const body = node.body.map(({ line }) => (isPackages ? before + line.text + behind : line.text) + line.eol);
      const end = node.end === undefined ? '' : `${node.end.text}${behind}\n`;
      return `${node.header.text}${behind}\n${body.join('')}${end}`;
    })
    .join('');
}
