import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { shellCommand, shellQuote } from './shell.ts';

test.each([
  ['plain', 'plain'],
  ['--option=/a/b:c,d', '--option=/a/b:c,d'],
  ['', "''"],
  ['two words', "'two words'"],
  ["it's", String.raw`'it'\''s'`],
  ['~', "'~'"],
  ['$HOME', "'$HOME'"],
])('%j', (word, quoted) => {
  expect(shellQuote(word)).toBe(quoted);
});

test('text is a command already', () => {
  expect(shellCommand('echo "$HOME"')).toBe('echo "$HOME"');
});

test('a shell reads back what was quoted, whatever it is', () => {
  const words = fc.array(
    fc.string({ unit: 'grapheme' }).filter((word) => !word.includes('\0')),
    { minLength: 1 },
  );
  fc.assert(
    fc.property(words, (given) => {
      const script = `for word in ${shellCommand(given)}; do printf '%s\\0' "$word"; done`;
      const read = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
      expect(read.split('\0').slice(0, -1)).toEqual(given);
    }),
    { numRuns: 20 },
  );
});
