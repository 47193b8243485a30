import { expect, test } from 'vitest';
import { parseJson } from './json.ts';

test.each([
  '[]',
  '{"a":[1,{"b":null}],"c":"x"}',
  String.raw`"[[[ \" [[[ \\"`,
  '3',
  `${'['.repeat(200)}${']'.repeat(200)}`,
  // Many are not deep, and what is in a string is not nested.
  `[${Array.from({ length: 1000 }, () => '[]').join(',')}]`,
  JSON.stringify('['.repeat(100_000)),
])('is read as ever: %.40s', (text) => {
  expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(JSON.parse(text)));
});

test.each([
  ['brackets', `${'['.repeat(201)}${']'.repeat(201)}`],
  ['braces', `${'{"a":'.repeat(201)}1${'}'.repeat(201)}`],
  ['a million of them', `${'['.repeat(1e6)}${']'.repeat(1e6)}`],
  ['an end that never comes', '['.repeat(1e6)],
])('%s are too deep', (_, text) => {
  expect(() => parseJson(text)).toThrow(SyntaxError);
});

test.each(['', '{', '{"a"}', '"', String.raw`"\\`, 'nil', '[1,]'])('%j is no JSON', (text) => {
  expect(() => parseJson(text)).toThrow(SyntaxError);
});
