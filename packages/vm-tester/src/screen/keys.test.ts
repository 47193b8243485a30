import { expect, test } from 'vitest';
import { keysOf } from './keys.ts';

test('each printable ASCII character has its keys, no two the same', () => {
  const all = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index));
  const keys = all.map((character) => keysOf(character).join('-'));
  expect(new Set(keys).size).toBe(95);
  expect(keysOf('a')).toEqual(['a']);
  expect(keysOf('A')).toEqual(['shift', 'a']);
  expect(keysOf('?')).toEqual(['shift', 'slash']);
  expect(keysOf('\n')).toEqual(['ret']);
});

test('a character that no key makes is refused, with its name', () => {
  expect(() => keysOf('é')).toThrow('"é"');
});
