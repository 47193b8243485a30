import { expect, test } from 'vitest';
import { OwnTime, type Reading, lostMs, threadTimes } from './lost-time.ts';

const threads = (...denied: number[]) =>
  new Map(denied.map((deniedMs, index) => [String(index), { ranMs: 0, deniedMs }]));

test.each([
  ['alone', threads(0, 0), 0, 0],
  ['one CPU waits, the other does not', threads(400, 10), 0, 400],
  ['the hypervisor below takes some, too', threads(100), 50, 150],
  ['denied all of it: some progress is always made', threads(1_000), 500, 950],
])('%s', (_, after, stolenMs, lost) => {
  expect(lostMs({ elapsedMs: 1_000, before: threads(0, 0), after, stolenMs })).toBe(lost);
});

test('a thread that ended takes nothing back', () => {
  expect(lostMs({ elapsedMs: 1_000, before: threads(500, 0), after: threads(500), stolenMs: 0 })).toBe(0);
});

test('what was lost is summed, and comes down again as a share', () => {
  let reading: Reading = { threads: threads(0), stolenMs: 0 };
  using time = new OwnTime(0, () => reading);
  const start = performance.now();
  reading = { threads: threads(500), stolenMs: 0 };
  time.sample(start + 1_000);
  expect(time.lostMs).toBe(500);
  const starved = time.lostShare;
  reading = { threads: threads(500), stolenMs: 0 };
  time.sample(start + 4_000);
  expect(time.lostMs).toBe(500);
  expect(time.lostShare).toBeLessThan(starved / 2);
});

test('the kernel accounts for the threads of this process', () => {
  expect(threadTimes(process.pid).size).toBeGreaterThan(0);
  expect([...threadTimes(process.pid).values()].some(({ ranMs }) => ranMs > 0)).toBe(true);
  expect(threadTimes(2 ** 30)).toEqual(new Map());
});
