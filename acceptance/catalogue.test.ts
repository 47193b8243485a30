import { expect, test } from 'vitest';
import { entries } from './catalogue.ts';
import { checks } from './checks/index.ts';

test('every check of the catalogue is made by code, and every code has an entry', () => {
  expect(Object.keys(checks).toSorted()).toEqual(entries.map(({ id }) => id).toSorted());
});

test('no two checks share a title, by which reports know them', () => {
  expect(new Set(entries.map(({ title }) => title)).size).toBe(entries.length);
});
