import { expect, test } from 'vitest';
import { JournalStore } from './journal-store.ts';
import type { JournalQuery } from './journal-store.ts';
import { parseJournalLine } from './journal.ts';

function entry(MESSAGE: string, fields: Record<string, string> = {}) {
  const parsed = parseJournalLine(JSON.stringify({ MESSAGE, SYSLOG_IDENTIFIER: 'test', ...fields }));
  if (!parsed) throw new Error('no entry');
  return parsed;
}

async function messages(store: JournalStore, query?: JournalQuery): Promise<string[]> {
  const found: string[] = [];
  for await (const { message } of store.read(query)) found.push(message);
  return found;
}

test('a query picks by unit, identifier, priority and text', async () => {
  const store = new JournalStore();
  store.add(entry('grave', { PRIORITY: '3', UNIT: 'a.service' }));
  store.add(entry('light', { PRIORITY: '6', _SYSTEMD_UNIT: 'a.service' }));
  store.add(entry('other', { SYSLOG_IDENTIFIER: 'kernel' }));
  expect(await messages(store)).toEqual(['grave', 'light', 'other']);
  expect(await messages(store, { priority: 3 })).toEqual(['grave']);
  expect(await messages(store, { unit: 'a.service' })).toEqual(['grave', 'light']);
  expect(await messages(store, { identifier: 'kernel' })).toEqual(['other']);
  expect(await messages(store, { grep: /^l/g })).toEqual(['light']);
});

test('a follower gets what comes later, until the end', async () => {
  const store = new JournalStore();
  store.add(entry('one'));
  const following = messages(store, { follow: true });
  await new Promise(setImmediate);
  store.add(entry('two'));
  await new Promise(setImmediate);
  store.close();
  expect(await following).toEqual(['one', 'two']);
});

test('a follower ends when its signal says so', async () => {
  const controller = new AbortController();
  const following = messages(new JournalStore(), { follow: true, signal: controller.signal });
  controller.abort();
  expect(await following).toEqual([]);
});

test('what came after a mark is forgotten, and a follower goes on with what comes then', async () => {
  const store = new JournalStore();
  store.add(entry('kept'));
  const mark = store.length;
  store.add(entry('lost'));
  const following = messages(store, { follow: true });
  await new Promise(setImmediate);
  store.truncate(mark);
  store.add(entry('new'));
  store.close();
  expect(await messages(store)).toEqual(['kept', 'new']);
  expect((await following).at(-1)).toBe('new');
});

test('a flood pushes out the oldest', async () => {
  const store = new JournalStore();
  for (let index = 0; index < 25_000; index++) store.add(entry(String(index)));
  const kept = await messages(store);
  expect(store.length).toBe(25_000);
  expect(kept.length).toBeLessThanOrEqual(20_000);
  expect(kept.at(-1)).toBe('24999');
});
