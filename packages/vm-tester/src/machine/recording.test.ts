import { mkdir, mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseJournal } from '../report/read.ts';
import type { VmEvent } from './events.ts';
import { Recording } from './recording.ts';

/** A recording of a machine that shows nothing; `told`: the events, and what could not be written. */
function recordingIn(artifactsDir: string): { recording: Recording; told: string[] } {
  const told: string[] = [];
  const onEvent = ({ type }: VmEvent) => void told.push(type);
  const recording = new Recording(
    { image: { iso: 'a.iso' }, artifactsDir, onEvent },
    { now: () => 1, screendump: () => Promise.resolve(), onUnwritable: (error) => void told.push(String(error)) },
  );
  return { recording, told };
}

test('the verdict is the last that is reported, though the machine still says something', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const { recording, told } = recordingIn(directory.path);
  await using _ = recording;
  recording.consoleLine('serial', 'before', 1);
  await recording.complete({ status: 'accepted', milestones: {} }, []);
  recording.consoleLine('serial', 'after', 2);
  recording.emit({ type: 'check', name: 'late', atMs: 2 });
  expect(told).toEqual(['verdict']);
  expect(await readFile(join(directory.path, 'serial.log'), 'utf8')).toBe('[   0.001] before\n');
  expect(await readFile(join(directory.path, 'events.jsonl'), 'utf8')).not.toContain('late');
});

test('an entry of the journal is kept with the time of its arrival; what was cut is kept as it is', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  await using recording = recordingIn(directory.path).recording;
  const entry = { MESSAGE: 'x', __MONOTONIC_TIMESTAMP: '1500000' };
  recording.journal([JSON.stringify(entry), '{"MESSAGE":"cut'], 4_000);
  recording.journal([], 5_000);
  const text = await readFile(join(directory.path, 'journal.json'), 'utf8');
  expect(text.split('\n')).toEqual([JSON.stringify({ ...entry, __VMT_ARRIVED_MS: 4_000 }), '{"MESSAGE":"cut', '']);
  expect(parseJournal(text)).toMatchObject([{ atMs: 4_000, entry: { message: 'x' } }]);
});

test('what cannot be written is reported once, before the verdict, and fails nothing', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-test-'));
  const { recording, told } = recordingIn(directory.path);
  await using _ = recording;
  // In the way of what has that name.
  for (const name of ['verdict.json', 'registers.txt']) await mkdir(join(directory.path, name));
  recording.keep('registers.txt', '');
  await recording.complete({ status: 'accepted', milestones: {} }, []);
  expect(told).toEqual([expect.stringContaining('registers.txt'), 'verdict']);
});
