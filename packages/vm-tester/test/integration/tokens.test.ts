import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { takeTokens } from '../../src/host/tokens.ts';
import type { Supply, TokenRequest } from '../../src/host/tokens.ts';

function supply(): Supply {
  const directory = mkdtempSync(join(tmpdir(), 'vmt-tokens-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return { cpus: 4, memoryMiB: 4096, directory };
}

/** A process of its own that takes tokens, says so, and holds them until it is killed. */
async function holder(directory: string, cpus: number, memoryMiB: number) {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'token-holder.ts'), directory, `${cpus}`, `${memoryMiB}`],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  await once(child.stdout, 'data');
  return child;
}

test.each([
  ['CPUs', 3, 512],
  ['memory', 1, 3584],
])('a machine waits for the %s of another process, and gets them when that is killed', async (_, cpus, memoryMiB) => {
  const host = supply();
  const other = await holder(host.directory, cpus, memoryMiB);
  const waits = Promise.withResolvers<string>();
  const taking = takeTokens({ cpus: 2, memoryMiB: 1024 }, { supply: host, onWait: waits.resolve });
  expect(await waits.promise).toBe(`process ${other.pid} since less than a minute`);
  other.kill('SIGKILL');
  await (await taking)[Symbol.asyncDispose]();
  // It lets go itself, too.
  expect(await waitsFor({ cpus: 4, memoryMiB: 4096 }, host)).toBe(false);
});

test('what is there for both is given to both at once', async () => {
  const host = supply();
  const other = await holder(host.directory, 2, 2048);
  expect(await waitsFor({ cpus: 2, memoryMiB: 2048 }, host)).toBe(false);
  other.kill('SIGKILL');
});

test('after a bound a machine starts without tokens', async () => {
  const host = supply();
  const other = await holder(host.directory, 4, 4096);
  await using tokens = await takeTokens({ cpus: 1, memoryMiB: 512 }, { supply: host, longestWaitMs: 500 });
  expect(tokens).toBeDefined();
  other.kill('SIGKILL');
});

test('a directory that others may write to, or a name that is taken, keeps nobody waiting', async () => {
  const host = supply();
  const other = await holder(host.directory, 4, 4096);
  chmodSync(host.directory, 0o777);
  expect(await waitsFor({ cpus: 4, memoryMiB: 4096 }, host)).toBe(false);
  expect(await waitsFor({ cpus: 4, memoryMiB: 4096 }, { ...host, directory: '/dev/null' })).toBe(false);
  other.kill('SIGKILL');
});

test('a machine larger than the host gets all of it', async () => {
  expect(await waitsFor({ cpus: 64, memoryMiB: 1 << 20 }, supply())).toBe(false);
});

test('a process with a machine never waits for another', async () => {
  const host = supply();
  await using first = await takeTokens({ cpus: 4, memoryMiB: 4096 }, { supply: host });
  expect(first).toBeDefined();
  expect(await waitsFor({ cpus: 4, memoryMiB: 4096 }, host)).toBe(false);
});

test('a wait ends with its signal', async () => {
  const host = supply();
  const other = await holder(host.directory, 4, 512);
  const controller = new AbortController();
  const reason = new Error('interrupted');
  const onWait = () => setImmediate(() => controller.abort(reason));
  const taking = takeTokens({ cpus: 1, memoryMiB: 512 }, { supply: host, signal: controller.signal, onWait });
  await expect(taking).rejects.toBe(reason);
  other.kill('SIGKILL');
});

/** Takes and lets go; did it have to wait? */
async function waitsFor(request: TokenRequest, host: Supply): Promise<boolean> {
  let waited = false;
  await using tokens = await takeTokens(request, { supply: host, onWait: () => (waited = true) });
  return tokens !== undefined && waited;
}
