import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { quoteWord, splitWords } from './words.ts';

const values = (line: string, comments = true): string[] => splitWords(line, { comments }).words.map((w) => w.value);

describe('splitWords', () => {
  // What Python's shlex.split(line, comments=True) answers.
  test.each([
    ['a  b\tc', ['a', 'b', 'c']],
    [String.raw`a "b c" 'd "e"'`, ['a', 'b c', 'd "e"']],
    [String.raw`"a\"b\\c\d"`, [String.raw`a"b\c\d`]],
    [String.raw`'a\b'`, [String.raw`a\b`]],
    [String.raw`a\ b \"c`, ['a b', '"c']],
    [String.raw`--x='ch (fr)'y`, ['--x=ch (fr)y']],
    [`"" ''`, ['', '']],
    ['a #b c', ['a']],
    ['a#b c', ['a']],
    ['"a#b" c', ['a#b', 'c']],
    ['a\u00A0b', ['a\u00A0b']],
  ])('%s', (line, expected) => {
    expect(values(line)).toEqual(expected);
  });

  test('leaves # alone where there are no comments', () => {
    expect(values('%post --log=/x#y', false)).toEqual(['%post', '--log=/x#y']);
  });

  test('says where each word stands, quotes included', () => {
    expect(splitWords(`a 'b c'd`).words[1]).toEqual({ value: 'b cd', start: 2, end: 8 });
  });
});

describe('quoteWord', () => {
  test.each([
    ['Europe/Paris', 'Europe/Paris'],
    ['--append=a b', '--append="a b"'],
    ['--append=', '--append=""'],
    ['', '""'],
    ['--gecos=O\'Brien "B"', String.raw`--gecos="O'Brien \"B\""`],
    ['--append=x="y"', `--append='x="y"'`],
    ['a#b', '"a#b"'],
  ])('%j as %s', (value, expected) => {
    expect(quoteWord(value)).toBe(expected);
  });

  test('is undone by splitWords', () => {
    const word = fc.string({ unit: fc.constantFrom(...'ab=-# \t"\'\\$é/'.split('')) });
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(values(words.map(quoteWord).join(' '))).toEqual(words);
        expect(values(words.map(quoteWord).join(' '), false)).toEqual(words);
      }),
      { numRuns: 300 },
    );
  });
});
