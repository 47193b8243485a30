import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { limitMet, readContainerLimits } from './container-limits.ts';

/** As Linux 6.1 shows the groups of a container. */
const version1 = {
  'memory/memory.limit_in_bytes': '536870912\n',
  'memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
  'pids/pids.max': '4096\n',
  'pids/pids.events': 'max 7\n',
};
const version2 = {
  'memory.max': '536870912\n',
  'memory.events': 'low 0\nhigh 0\nmax 41\noom 2\noom_kill 2\noom_group_kill 0\n',
  'pids.max': '4096\n',
  'pids.events': 'max 7\n',
};

async function read(files: Readonly<Record<string, string>>) {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'limits-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory.path, path)), { recursive: true });
    writeFileSync(join(directory.path, path), text);
  }
  return await readContainerLimits(directory.path);
}

test.each([
  ['1', version1],
  ['2', version2],
])('limits and refusals of control groups of version %s', async (_, files) => {
  expect(await read(files)).toEqual({ memoryBytes: 2 ** 29, processes: 4096, memoryKills: 2, processRefusals: 7 });
});

test('no limit, and no control group', async () => {
  expect(await read({ 'memory.max': 'max\n', 'pids.max': 'max\n' })).toEqual({ memoryKills: 0, processRefusals: 0 });
  expect(await read({ 'memory/memory.limit_in_bytes': '9223372036854771712\n' })).toEqual({
    memoryKills: 0,
    processRefusals: 0,
  });
  expect(await read({})).toEqual({ memoryKills: 0, processRefusals: 0 });
});

test('a script met the limit whose counter went up while it ran', () => {
  const before = { memoryBytes: 3 * 2 ** 29, processes: 4096, memoryKills: 2, processRefusals: 7 };
  expect(limitMet(before, before)).toBeUndefined();
  expect(limitMet(before, { ...before, memoryKills: 3 })).toMatch(/ran out of memory.*1\.5 GiB/u);
  expect(limitMet(before, { ...before, processRefusals: 8 })).toMatch(/more processes.*: 4096/u);
});
