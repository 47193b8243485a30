import { expect, test } from 'vitest';
import { runJob } from './job.ts';

test('a job that never ends is waited for until the signal fires', async () => {
  const id = 'job-snapshot-save';
  const execute = (command: string) => Promise.resolve(command === 'query-jobs' ? [{ id, status: 'running' }] : {});
  const stop = new AbortController();
  const reason = new Error('long enough');
  setTimeout(() => stop.abort(reason), 50);
  await expect(runJob(execute, 'snapshot-save', {}, stop.signal)).rejects.toBe(reason);
});
