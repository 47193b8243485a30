import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeLock } from './lock.ts';
import { ownOwner } from '@phyllome/host';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** This host and namespace, a process that is gone: the start time is another. */
const dead = ownOwner.replace(/\d+$/u, '1');

test('one at a time has it, also in one process, and nothing stays', async () => {
  const path = join(folder, 'busy');
  let inside = 0;
  let most = 0;
  const work = async (): Promise<boolean> => {
    await using lock = await takeLock(path);
    inside += 1;
    most = Math.max(most, inside);
    await readdir(folder);
    inside -= 1;
    return lock.waited;
  };
  const waited = await Promise.all(Array.from({ length: 5 }, work));
  expect(most).toBe(1);
  expect(waited).toContain(false);
  expect(waited).toContain(true);
  expect((await readdir(folder)).filter((name) => name.startsWith('busy'))).toEqual([]);
});

test('the lock of a dead process is taken over, once', async () => {
  const path = join(folder, 'stale');
  await writeFile(path, `${dead}~x`);
  const seen: string[] = [];
  const work = async (): Promise<void> => {
    await using _ = await takeLock(path);
    const mine = await readFile(path, 'utf8');
    seen.push(mine);
    await readdir(folder);
    expect(await readFile(path, 'utf8')).toBe(mine);
  };
  await Promise.all(Array.from({ length: 8 }, work));
  expect(new Set(seen).size).toBe(8);
  expect((await readdir(folder)).filter((name) => name.startsWith('stale'))).toEqual([]);
});

test("another host's lock is waited for until the signal says otherwise", async () => {
  const path = join(folder, 'elsewhere');
  await writeFile(path, 'other-host~1~1~1~x');
  const aborter = new AbortController();
  const told = Promise.withResolvers<string>();
  const lock = takeLock(path, { signal: aborter.signal, onWait: told.resolve });
  expect(await told.promise).toBe('other-host');
  const reason = new Error('enough');
  aborter.abort(reason);
  await expect(lock).rejects.toBe(reason);
  expect(await readFile(path, 'utf8')).toBe('other-host~1~1~1~x');
  expect(await readdir(folder)).toEqual(['elsewhere']);
});
