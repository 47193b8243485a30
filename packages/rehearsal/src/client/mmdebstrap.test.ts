import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { mmdebstrap } from './mmdebstrap.ts';

test('what was aborted before it began does not begin', async () => {
  const scratch = await mkdtemp(join(tmpdir(), 'mmdebstrap-test-'));
  onTestFinished(() => rm(scratch, { recursive: true }));
  const reason = new Error('enough');
  const argv = ['touch', join(scratch, 'begun')];
  const running = mmdebstrap(argv, { env: process.env, scratch, signal: AbortSignal.abort(reason) });
  await expect(running).rejects.toBe(reason);
  expect(await readdir(scratch)).toEqual([]);
});
