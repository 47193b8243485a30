import { expect, test } from 'vitest';
import { parseJournalLine } from './journal.ts';

const parsed = (fields: Record<string, unknown>) => parseJournalLine(JSON.stringify(fields));

test.each([
  ['3', 3],
  [undefined, 6],
  ['emerg', 6],
  [['3', '4'], 6],
])('an entry of priority %j has %i', (PRIORITY, priority) => {
  expect(parsed({ MESSAGE: 'x', PRIORITY })?.priority).toBe(priority);
});

test.each([
  ['text', 'text'],
  [[104, 105], 'hi'],
  [['one', [116, 119, 111]], 'one two'],
  [null, ''],
])('the message %j', (MESSAGE, message) => {
  expect(parsed({ MESSAGE })?.message).toBe(message);
});

test('a field that is not a number is absent', () => {
  expect(parsed({ MESSAGE: 'x', _PID: '1x', _UID: '', _AUDIT_TYPE: '-1' })).toMatchObject({
    pid: undefined,
    uid: undefined,
    auditType: undefined,
  });
});

test.each(['', '[]', '{"MESSAGE": ', `${'['.repeat(1_000)}${']'.repeat(1_000)}`])('%s is not an entry', (line) => {
  expect(parseJournalLine(line)).toBeUndefined();
});
