import { expect, test } from 'vitest';
import { isDigest, isName, isSha256, nameProblem } from './names.ts';

const names = ['l', 'ldhi', 's-encrypted', 'a.b_c-d', '_x', '44', 'a'.repeat(64)];

const hostile = [
  '',
  '.',
  '..',
  '.hidden',
  '-rf',
  '--help',
  'l$(id>PWNED)',
  'x;touch PWNED;#',
  'a`id`',
  'a|b',
  'a&b',
  'a b',
  'a\nb',
  'a\tb',
  'a\0b',
  "a'b",
  'a"b',
  'a\\b',
  'a/b',
  '../../x',
  'a*',
  'a?',
  '{workspaceRoot}',
  'a%b',
  '~root',
  'ä',
  'a\u202Eb',
  'a\u200Bb',
  '\uD800',
  'x\n',
  'a'.repeat(65),
];

test.each(names)('%j is the name of a leaf and of an edition', (name) => {
  expect(isName('leaf', name)).toBe(true);
  expect(isName('edition', name)).toBe(true);
});

test.each(hostile)('%j is the name of nothing', (name) => {
  expect(isName('leaf', name)).toBe(false);
  expect(isName('edition', name)).toBe(false);
  expect(isName('iso', `${name}.iso`)).toBe(name.length === 65);
  expect(isName('volume id', name)).toBe(false);
});

test('an ISO is called .iso, and something before it', () => {
  expect(isName('iso', 'phyllome-dhi-44-rehearsal.iso')).toBe(true);
  expect(['.iso', 'x.img', 'x.iso\n', 'x/y.iso', `${'x'.repeat(125)}.iso`].map((name) => isName('iso', name))).toEqual(
    Array(5).fill(false),
  );
});

test('a volume id has at most 32 characters, and no dot', () => {
  expect(isName('volume id', 'Phyllome-dhi-44-rehearsal')).toBe(true);
  expect(isName('volume id', 'a.b')).toBe(false);
  expect(nameProblem('volume id', 'x'.repeat(33))).toBe('it has 33 characters, and at most 32 are allowed');
});

test('a reason does not repeat the text', () => {
  expect(nameProblem('leaf', 'x;touch PWNED')).toBe(
    'use letters, digits, ".", "_" and "-", and a letter, digit or "_" first',
  );
});

test('a digest is a whole sha256 in lower case', () => {
  const hex = '0123456789abcdef'.repeat(4);
  expect([isSha256(hex), isDigest(`sha256:${hex}`)]).toEqual([true, true]);
  for (const wrong of ['', hex.toUpperCase(), hex.slice(1), `${hex}0`, `${hex}\n`, `../${hex.slice(3)}`]) {
    expect(isSha256(wrong)).toBe(false);
    expect(isDigest(`sha256:${wrong}`)).toBe(false);
  }
  expect(isDigest(hex)).toBe(false);
});
