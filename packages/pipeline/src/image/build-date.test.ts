import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildDate, buildDatePath, buildDateText } from './build-date.ts';

function workspaceWith(text: string | undefined) {
  return { readFile: (path: string) => (path === buildDatePath ? text : undefined) };
}

test('the date is the beginning of the day that the file names', () => {
  expect(buildDate(workspaceWith('2026-11-28\n'), {})).toBe(Date.UTC(2026, 10, 28) / 1000);
});

test('SOURCE_DATE_EPOCH wins; an empty one is none', () => {
  expect(buildDate(workspaceWith(undefined), { SOURCE_DATE_EPOCH: '12' })).toBe(12);
  expect(buildDate(workspaceWith('1970-01-02\n'), { SOURCE_DATE_EPOCH: '' })).toBe(86_400);
});

test.each(['yesterday', '-1', '1e9', '12.5'])(
  'SOURCE_DATE_EPOCH %s is refused: another date would be taken',
  (given) => {
    expect(() => buildDate(workspaceWith('2026-11-28\n'), { SOURCE_DATE_EPOCH: given })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION' }),
    );
  },
);

test.each([undefined, '', 'today\n', '2026-13-01\n', '2026-02-30\n', '28.11.2026\n'])('no date: %j', (text) => {
  expect(() => buildDate(workspaceWith(text), {})).toThrow(expect.objectContaining({ code: 'BUILD_DATE_INVALID' }));
});

test('what is written reads back', () => {
  const day = Date.UTC(2027, 1, 3);
  expect(buildDate(workspaceWith(buildDateText(new Date(day + 3_600_000))), {})).toBe(day / 1000);
});

test("the project's own file has a date", () => {
  const root = join(import.meta.dirname, '../../../..');
  const readFile = (path: string) => readFileSync(join(root, path), 'utf8');
  expect(buildDate({ readFile }, {})).toBeGreaterThan(Date.UTC(2026, 0, 1) / 1000);
});
