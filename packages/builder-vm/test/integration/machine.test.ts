import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collect, reached } from '../../../iso-builder/test/integration/fixture.ts';
import { type MachineSetup, machineSetup } from '../setup.ts';

let at: MachineSetup;
beforeAll(async () => {
  at = await machineSetup();
});
afterAll(() => at[Symbol.asyncDispose]());

test('the same result as from a container', async () => {
  await using running = at.build('succeed');
  const events = await collect(running.events());
  const { manifest, sha256 } = await running.result;
  expect(sha256).toBe(hash('sha256', await readFile(join(at.folder, 'puppet.iso'))));
  expect(manifest).toMatchObject({ engine: { kind: 'vm' }, builder: { name: 'puppet' } });
  expect(Object.keys(manifest.files)).toEqual(
    expect.arrayContaining([
      'logs/livemedia.log',
      'logs/anaconda/anaconda.log',
      'logs/console.log',
      'logs/kernel.log',
      'logs/events.jsonl',
    ]),
  );
  expect(events.flatMap((event) => (event.type === 'phase' ? [event.phase] : []))).toEqual(
    expect.arrayContaining(['install', 'squashfs', 'initramfs', 'iso', 'fetch', 'verify']),
  );
  expect(await at.left()).toEqual([]);
});

test('SIGINT reaches livemedia-creator, and nothing is left', async () => {
  const stop = new AbortController();
  await using running = at.build('hang', { signal: stop.signal, abortGraceMs: 60_000 });
  await reached(running, 'install');
  expect(await at.left()).toHaveLength(1);
  stop.abort(new Error('Ctrl-C'));
  const lines = (await collect(running.events())).map((event) => (event.type === 'log' ? event.line : ''));
  await expect(running.result).rejects.toThrow('Ctrl-C');
  // The puppet's last words: it ended by itself, and was not killed.
  expect(lines.join('\n')).toContain('interrupted');
  expect(await at.left()).toEqual([]);
  expect(await readdir(join(at.folder, 'out'))).not.toContain('hang');
});
