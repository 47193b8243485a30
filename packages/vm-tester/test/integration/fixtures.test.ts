import { mkdtempDisposable, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test as base } from '@phyllome/vm-tester/vitest';
import { bootSector } from './boot-sectors.ts';

type Cleanup = { onCleanup: (fn: () => Promise<void>) => void };

/** A machine that is up as soon as it has printed a line, has no agent, and does not react to its power button. */
async function printing(name: string, { onCleanup }: Cleanup) {
  const directory = await mkdtempDisposable(join(tmpdir(), 'vm-fixtures-'));
  onCleanup(() => directory[Symbol.asyncDispose]());
  const disk = join(directory.path, 'disk.img');
  await writeFile(disk, bootSector({ print: `${name} is up` }));
  return {
    image: { disk, format: 'raw' as const },
    memoryMiB: 64,
    instrument: 'screen' as const,
    readyWhen: { console: / is up/ },
    artifactsDir: join(directory.path, 'artifacts'),
    budgets: { shutdown: { fixedMs: 1000, scaledMs: 0 } },
  };
}

const FILE = { scope: 'file' } as const;
/* oxlint-disable no-empty-pattern -- vitest reads what a fixture depends on from its pattern */
const test = base.override('options', FILE, ({}, cleanup) => printing('first', cleanup));
const other = base.extend('options', FILE, ({}, cleanup) => printing('other', cleanup));
/* oxlint-enable no-empty-pattern */

describe('one machine for the tests of a file', () => {
  let pid = 0;

  test('a test may take its power away', async ({ booted }) => {
    pid = booted.pid;
    await booted.waitForConsoleText(/first is up/);
    await booted.crash();
  });

  test('the next test has another one, which has booted', async ({ booted, options }) => {
    expect(booted.pid).not.toBe(pid);
    pid = booted.pid;
    await booted.waitForConsoleText(/first is up/);
    expect(await readdir(options.artifactsDir ?? '')).toEqual(expect.arrayContaining(['verdict.json', 'machine-2']));
  });

  test('and shares it with the test after that', ({ booted }) => {
    expect(booted.pid).toBe(pid);
  });

  other('a test of other options has a machine of its own', async ({ booted }) => {
    expect(booted.pid).not.toBe(pid);
    await booted.waitForConsoleText(/other is up/);
  });

  test('while the first is left as it was', async ({ booted }) => {
    expect(booted.pid).toBe(pid);
  });

  other('a machine that ended by itself says in which test', async ({ booted, shared }) => {
    process.kill(booted.pid, 'SIGKILL');
    await expect.poll(() => booted.ended).toBeDefined();
    await expect(shared.current('the next')).rejects.toMatchObject({
      code: 'MACHINE_ENDED',
      message: expect.stringContaining('ended in "a machine that ended by itself says in which test"'),
    });
  });
});

test('the options of a file are not overridden twice, silently', () => {
  const twice = expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining('twice') });
  const image = { disk: 'second.img', format: 'raw' as const };
  expect(() => base.override('options', FILE, () => ({ image }))).toThrow(twice);
  expect(() => base.override({ options: [{ image }, FILE] })).toThrow(twice);
});
