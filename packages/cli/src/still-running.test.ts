import { once } from 'node:events';
import { expect, test } from 'vitest';
import { commands } from './commands.ts';
import { sayWhileSilent } from './still-running.ts';

test('a command that prints nothing for long says that it runs, until its end', async () => {
  const heard = new EventTarget();
  const lines: string[] = [];
  const print = (line: string): void => {
    lines.push(line);
    heard.dispatchEvent(new Event('line'));
  };
  {
    using _ = sayWhileSilent('lock', { silentMs: 5, print });
    await once(heard, 'line');
    // It has to keep the process alive by itself: what says so must not.
    const end = setTimeout(() => {}, 120_000);
    await once(heard, 'line');
    clearTimeout(end);
  }
  expect(lines[0]).toMatch(/^note: phyllome lock is still running, 0:0\d so far$/u);
});

test('every command that may work for long without a line has that', () => {
  const silent = commands.filter(({ mayBeSilent }) => mayBeSilent).map(({ name }) => name);
  expect(silent).toEqual(expect.arrayContaining(['lock', 'refresh', 'verify', 'release', 'store', 'diff-images']));
  // These draw, or hand the terminal on.
  for (const name of ['build', 'image', 'dev', 'up', 'shell', 'test-vm', 'deploy']) expect(silent).not.toContain(name);
});
