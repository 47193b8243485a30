import { readdir } from 'node:fs/promises';
import { temporaryDirectory } from '@phyllome/host';
import { describe, expect, test } from 'vitest';
import { Deadline } from '../host/deadline.ts';
import type { QmpEvent } from '../qmp/protocol.ts';
import { Disks } from './disks.ts';
import type { Slotted } from './disks.ts';

const timestamp = { seconds: 1, microseconds: 0 };

/** A machine whose QEMU refuses some commands, and whose guest lets go of a disk as soon as it is asked to. */
async function machine(refuses: readonly string[] = [], signal = new AbortController().signal) {
  const directory = await temporaryDirectory('disks-');
  const asked: string[] = [];
  const listeners = new Set<(event: QmpEvent) => void>();
  const exited = Promise.withResolvers<number>();
  const session: Slotted = {
    directory: directory.path,
    qemu: { exited: exited.promise },
    signal: (...own) => AbortSignal.any([...own.filter((one) => one !== undefined), signal]),
    deadline: (timeoutMs, reason) => new Deadline(timeoutMs, reason),
    onQmpEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async qmp(command, args) {
      asked.push(`${command} ${String(args?.['node-name'] ?? args?.['id'])}`);
      if (refuses.includes(command)) throw new Error(`no ${command}`);
      await Promise.resolve();
      if (command !== 'device_del') return {};
      const event = { event: 'DEVICE_DELETED', data: { device: args?.['id'] }, timestamp };
      for (const listener of listeners) listener(event);
      return {};
    },
  };
  return { session, directory, asked, listeners, end: () => exited.resolve(0) };
}

describe('disks of a running machine', () => {
  test('two that are added at once have a slot each, and no file stays', async () => {
    const { session, directory } = await machine();
    await using _ = directory;
    const disks = new Disks(session, 2);
    const added = await Promise.all([disks.add({ sizeMiB: 1 }), disks.add({ sizeMiB: 1 })]);
    expect(added.map(({ serial }) => serial)).toEqual(['disk1', 'disk2']);
    expect(disks.nodes).toEqual(['disk1', 'disk2']);
    await expect(disks.add({ sizeMiB: 1 })).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
    await Promise.all(added.map((disk) => disk.pull()));
    expect(disks.nodes).toEqual([]);
    expect(await readdir(directory.path)).toEqual([]);
  });

  test('one that QEMU refuses leaves its slot and its block node free', async () => {
    const { session, directory, asked } = await machine(['device_add']);
    await using _ = directory;
    const disks = new Disks(session, 1);
    await expect(disks.add({ sizeMiB: 1 })).rejects.toThrow('no device_add');
    expect(disks.nodes).toEqual([]);
    expect(asked.at(-1)).toBe('blockdev-del disk1');
  });

  test('a pull that QEMU refuses fails once: nothing is rejected when the machine ends later', async () => {
    const { session, directory, listeners, end } = await machine(['device_del']);
    await using _ = directory;
    const disk = await new Disks(session, 1).add({ sizeMiB: 1 });
    await expect(disk.pull()).rejects.toThrow('no device_del');
    expect(listeners.size).toBe(0);
    end();
    await new Promise((resolve) => setImmediate(resolve)); // vitest fails on a rejection that nobody handles
  });

  test('a pull in a run that was aborted is not waited for', async () => {
    const { session, directory, listeners } = await machine([], AbortSignal.abort(new Error('enough')));
    await using _ = directory;
    const disk = await new Disks(session, 1).add({ sizeMiB: 1 });
    await expect(disk.pull()).rejects.toThrow('enough');
    expect(listeners.size).toBe(0);
  });
});
