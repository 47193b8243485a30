import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { baseReference, endOfLife, kickstartRelease, readRelease } from './release.ts';

const text = readFileSync(resolve(import.meta.dirname, '../../../release.json'), 'utf8');
const read = (changed: string | undefined) => readRelease({ readFile: () => changed });

test('this checkout says which release it is for, and what builds it', () => {
  const release = read(text);
  expect(kickstartRelease(release)).toBe(`F${release.fedora}`);
  expect(baseReference(release)).toMatch(/^[^@]+@sha256:[0-9a-f]{64}$/);
  expect(release.base.tag).toBe(String(release.fedora));
  expect(release.base.fallback).toMatch(new RegExp(`:${release.fedora}$`));
});

test.each([
  [undefined, 'no such file'],
  ['{', 'not JSON'],
  [text.replace(/"fedora": \d+/, '"fedora": "44"'), 'fedora: '],
  [text.replace('sha256:', 'sha512:'), 'base.digest: '],
  [text.replace('docker.io/library/fedora"', 'fedora; rm -rf /"'), 'base.image: '],
  [text.replace('"base"', '"bass"'), ': '],
  [text.replace(/"pinned": "[^"]*"/, '"pinned": "yesterday"'), 'base.pinned: '],
])('%j is refused', (changed, why) => {
  expect(() => read(changed)).toThrow(expect.objectContaining({ code: 'RELEASE_INVALID' }));
  expect(() => read(changed)).toThrow(why);
});

test.each([
  [43, '2026-11'],
  [44, '2027-05'],
  [45, '2027-11'],
  [46, '2028-05'],
])('Fedora %i is given up about %s', (release, month) => expect(endOfLife(release)).toBe(month));
