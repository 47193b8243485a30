import { assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { safeColouredLine, safeDocument, safeJson, safeLine, safeText } from './terminal.ts';

test.each([
  ['a title (OSC 0)', 'a\u001B]0;owned\u0007b', String.raw`a\x1b]0;owned\x07b`],
  ['the clipboard (OSC 52)', '\u001B]52;c;aGk=\u001B\\', String.raw`\x1b]52;c;aGk=\x1b` + '\\'],
  ['a link (OSC 8)', '\u001B]8;;http://x\u001B\\y', String.raw`\x1b]8;;http://x\x1b` + '\\y'],
  ['C1: CSI and OSC of one byte', '\u009B2J\u009D0;x\u009C', String.raw`\x9b2J\x9d0;x\x9c`],
  ['a line that is written over', 'error\rok   ', String.raw`error\rok   `],
  ['backspaces and DEL', 'no\b\byes\u007F', String.raw`no\x08\x08yes\x7f`],
  ['text that is reordered', 'a\u202Ecba\u2066x\u2069\u061C', String.raw`a\u202ecba\u2066x\u2069\u061c`],
  ['text of no width', 'a\u200Bb\uFEFF\u00AD\u{E0041}', String.raw`a\u200bb\ufeff\xad\u{e0041}`],
  ['separators that are line breaks to some', 'a\u2028b\u2029c\u0085', String.raw`a\u2028b\u2029c\x85`],
  ['half a pair', 'a\uD800b', String.raw`a\ud800b`],
  ['a stack of marks', `a${'\u0301'.repeat(50)}b`, `a${'\u0301'.repeat(8)}b`],
])('%s is shown, not obeyed', (_what, text, shown) => {
  expect(safeLine(text)).toBe(shown);
  expect(safeText(text)).toBe(shown);
});

test('what people write stays as it is', () => {
  const text = 'größer 日本語 🙂 עברית a\\b "c" é';
  expect([safeLine(text), safeText(text), safeDocument(text)]).toEqual([text, text, text]);
});

test('a line has no line break; a text keeps its own', () => {
  expect(safeLine('a\nb\tc')).toBe(String.raw`a\nb c`);
  expect(safeText('a\nb\tc')).toBe('a\nb c');
  expect(safeDocument('a\nb\tc')).toBe('a\nb\tc');
});

test('colours stay where they are expected, and nothing else', () => {
  expect(safeColouredLine('\u001B[1;31mred\u001B[0m\u001B]0;x\u0007\u001B[2J')).toBe(
    `\u001B[1;31mred\u001B[0m${String.raw`\x1b]0;x\x07\x1b[2J`}`,
  );
});

test('what is too long is cut, and counted', () => {
  expect(safeLine('x'.repeat(10), 4)).toBe('xxxx … (6 more characters)');
  expect(safeLine(`xxx${'🙂'.repeat(2)}`, 4)).toBe('xxx … (4 more characters)');
  expect(safeLine('x'.repeat(1_000_000)).length).toBeLessThan(2100);
  expect(safeText('x'.repeat(1_000_000)).length).toBeLessThan(101_000);
});

test('JSON stays the same value, and is safe', () => {
  const value = { a: '\u001B]0;x\u0007\u009B\u202E\u{E0041}\uD800', b: ['\u2028'] };
  const json = safeJson(value);
  expect(json).toMatch(/^[ -~]*$/u);
  expect(JSON.parse(json)).toEqual(value);
});

const controls = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

test('no text whatever leaves a control in a line', () => {
  assert(
    property(string({ unit: 'binary' }), (text) => {
      expect(safeLine(text)).not.toMatch(controls);
      expect(safeText(text).replaceAll('\n', '')).not.toMatch(controls);
      expect(JSON.parse(safeJson(text))).toBe(text);
    }),
  );
});
