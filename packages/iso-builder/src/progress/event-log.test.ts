import { expect, test } from 'vitest';
import type { BuildEvent } from './build-event.ts';
import { EventLog } from './event-log.ts';

const event = (time: number): BuildEvent => ({ time, type: 'warning', message: String(time) });

async function timesOf(events: AsyncIterable<BuildEvent>): Promise<number[]> {
  const times: number[] = [];
  for await (const { time } of events) times.push(time);
  return times;
}

test('each reader gets all events, from the beginning to the end', async () => {
  const log = new EventLog();
  const early = timesOf(log.read());
  log.append(event(1));
  await Promise.resolve();
  const late = timesOf(log.read());
  log.append(event(2));
  log.append(event(3));
  log.close();
  expect(await Promise.all([early, late, timesOf(log.read())])).toEqual([
    [1, 2, 3],
    [1, 2, 3],
    [1, 2, 3],
  ]);
});

test('a reader may leave', async () => {
  const log = new EventLog();
  log.append(event(1));
  log.append(event(2));
  for await (const { time } of log.read()) if (time === 1) break;
  log.close();
  expect(await timesOf(log.read())).toEqual([1, 2]);
});
