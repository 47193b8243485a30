import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeHost } from '@phyllome/vm-tester';
import { test as base, expect } from 'vitest';
import { bootSector } from '../../../vm-tester/test/integration/boot-sectors.ts';
import type { DeployEvent } from '../../src/deploy-event.ts';
import { INSTALL_BUDGETS } from '../../src/installer/budgets.ts';
import { InstallLogs } from '../../src/installer/logs.ts';
import { INSTALL_FDS, runInstallation } from '../../src/installer/run.ts';

/** A machine with nothing in it: its firmware looks for something to boot, for ever. */
const NOTHING_TO_BOOT = ['-nodefaults', '-no-user-config', '-display', 'none', '-machine', 'q35', '-m', '64'];
const links = Object.entries(INSTALL_FDS).flatMap(([id, fd]) => ['-chardev', `socket,id=${id},fd=${fd}`]);
const devices = ['-mon', 'chardev=qmp,mode=control', '-device', 'isa-serial,chardev=console'];

// oxlint-disable-next-line no-empty-pattern -- vitest reads from the pattern which fixtures are needed
const test = base.extend('at', async ({}, { onCleanup }) => {
  const directory = await mkdtemp(join(tmpdir(), 'phyllome-run-'));
  const logs = new InstallLogs(directory);
  onCleanup(() => {
    logs[Symbol.dispose]();
    return rm(directory, { recursive: true, force: true });
  });
  const host = await probeHost();
  const events: DeployEvent[] = [];
  const name = `phyllome-run-${crypto.randomUUID()}`;
  const argv = [...NOTHING_TO_BOOT, ...links, ...devices, '-name', name];
  const run = (changes: Partial<Parameters<typeof runInstallation>[0]> = {}) =>
    runInstallation({
      host,
      argv,
      kickstart: '',
      nonce: 'n',
      logs,
      signal: undefined,
      emit: (event) => events.push(event),
      ...changes,
    });
  const machines = (): string[] => {
    try {
      return execFileSync('pgrep', ['--full', name], { encoding: 'utf8' }).trim().split('\n');
    } catch {
      return [];
    }
  };
  return { run, argv, events, machines, directory };
});

test('a machine that makes no progress is given up, and is gone', async ({ at }) => {
  const budgets = { ...INSTALL_BUDGETS, firmware: { fixedMs: 500, scaledMs: 0 } };
  await expect(at.run({ budgets })).rejects.toMatchObject({
    code: 'INSTALL_STALLED',
    message: expect.stringContaining('in the phase firmware') as unknown,
    evidence: { directory: at.directory },
  });
  expect(at.machines()).toEqual([]);
});

test('an interrupted installation ends with the reason, and its machine is gone', async ({ at }) => {
  const controller = new AbortController();
  const ended = at.run({ signal: controller.signal });
  await expect.poll(at.machines, { timeout: 30_000 }).not.toEqual([]);
  controller.abort(new Error('enough'));
  await expect(ended).rejects.toThrow('enough');
  expect(at.machines()).toEqual([]);
});

test('a QEMU that is killed is no installation', async ({ at }) => {
  const ended = at.run();
  ended.catch(() => {});
  await expect.poll(at.machines, { timeout: 30_000 }).not.toEqual([]);
  for (const pid of at.machines()) process.kill(Number(pid), 'SIGKILL');
  await expect(ended).rejects.toMatchObject({
    code: 'INSTALL_FAILED',
    message: expect.stringContaining('QEMU ended with SIGKILL') as unknown,
  });
  expect(at.events.at(-1)).toMatchObject({ type: 'failure', failure: { cause: 'ended-early' } });
});

test('a disk that is too full for the logs ends the installation, which says so, and its machine', async ({ at }) => {
  const full = join(at.directory, 'full');
  await mkdir(full);
  await symlink('/dev/full', join(full, 'console.log'));
  using logs = new InstallLogs(full);
  const disk = join(at.directory, 'disk.img');
  await writeFile(disk, bootSector({ print: 'a line\n' }));
  await expect(at.run({ logs, argv: [...at.argv, '-drive', `file=${disk},format=raw`] })).rejects.toMatchObject({
    code: 'INSTALL_FAILED',
    message: expect.stringMatching(/the logs cannot be written to .*ENOSPC/u) as unknown,
  });
  expect(at.machines()).toEqual([]);
});

test('a QEMU that refuses its arguments says why', async ({ at }) => {
  await expect(at.run({ argv: [...at.argv, '-nonsense'] })).rejects.toMatchObject({
    code: 'INSTALL_FAILED',
    message: expect.stringContaining('nonsense') as unknown,
  });
  expect(await readFile(join(at.directory, 'console.log'), 'utf8')).toBe('');
});
