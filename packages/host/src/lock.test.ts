import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { holderOf, reapLock, takeLock } from './lock.ts';
import { ownOwner, parseOwner } from './owner.ts';

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
  expect(await told.promise).toBe(`process 1 of other-host, which has ${path} since less than a minute,`);
  const reason = new Error('enough');
  aborter.abort(reason);
  await expect(lock).rejects.toBe(reason);
  expect(await readFile(path, 'utf8')).toBe('other-host~1~1~1~x');
  expect(await readdir(folder)).toEqual(['elsewhere']);
});

/** As another machine, or another start of this one, leaves it. */
async function foreignLock(name: string, boot: string, hoursAgo = 0, namespace = '1'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `renamed-laptop~${namespace}~1~1~x\n${boot}\n`);
  const then = new Date(Date.now() - hoursAgo * 3_600_000);
  await utimes(path, then, then);
  return path;
}

test('a lock of an earlier start of the machine is taken over, whatever the machine was called', async () => {
  const path = await foreignLock('rebooted', '00000000-0000-4000-8000-000000000000');
  expect(await holderOf(path)).toMatchObject({ life: 'dead' });
  await using lock = await takeLock(path);
  expect(lock.waited).toBe(false);
});

test('so is one without a start, from before this one', async () => {
  const path = await foreignLock('old', '', 24 * 365);
  await using lock = await takeLock(path);
  expect(lock.waited).toBe(false);
});

test('a lock that nobody can judge, without a sign of life for long, is named instead of waited for', async () => {
  // Of this start, and of a name space of processes that is not empty: it may live.
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const path = await foreignLock('container', boot, 3, parseOwner(ownOwner)?.namespace);
  await expect(takeLock(path)).rejects.toMatchObject({
    code: 'LOCK_HELD',
    message: expect.stringMatching(/container is held by process 1 of renamed-laptop .* sign of life for 3 h/u),
    hint: expect.stringContaining('phyllome clean --force'),
  });
  expect(await reapLock(path)).toBe(false);
  expect(await reapLock(path, { force: true })).toBe(true);
  expect(await readdir(folder)).not.toContain('container');
});

test('nor is one whose last sign of life is in the future', async () => {
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const path = await foreignLock('future', boot, -24 * 365, parseOwner(ownOwner)?.namespace);
  await expect(takeLock(path)).rejects.toMatchObject({ code: 'LOCK_HELD' });
});

test('a lock of a living process is never removed, not even by force', async () => {
  const path = join(folder, 'mine');
  await using lock = await takeLock(path);
  expect(lock.waited).toBe(false);
  expect(await reapLock(path, { force: true })).toBe(false);
});

test.each([
  ['a FIFO', (path: string) => void execFileSync('mkfifo', [path])],
  ['a link to a device', (path: string) => symlink('/dev/zero', path)],
  ['a link to nothing', (path: string) => symlink('/nowhere', path)],
  [
    'a file without end, as far as that matters',
    async (path: string) => {
      await writeFile(path, '');
      await truncate(path, 2 ** 40);
    },
  ],
  ['an empty file', (path: string) => writeFile(path, '')],
])('what is not a lock keeps nobody waiting: %s', async (name, make) => {
  const path = join(folder, name);
  await make(path);
  await using lock = await takeLock(path);
  expect(lock.waited).toBe(false);
});

test('a directory in the place of a lock is named, and stays', async () => {
  const path = join(folder, 'directory');
  await mkdir(path);
  await expect(takeLock(path)).rejects.toMatchObject({
    code: 'LOCK_HELD',
    message: `${path} is a directory, where a lock should be`,
  });
  expect(await readdir(folder)).toContain('directory');
});
