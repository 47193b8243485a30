/**
 * A build by Nx on a real terminal, with and without its screen of panes, and in CI: plain lines, which also come whole
 * from Nx's cache.
 */
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { checkout } from '../checkout.ts';
import { puppetHost } from '../puppet-host.ts';
import { onTerminal } from '../terminal.ts';

const installer = 'for one in 1 2 3 4 5 6 7 8; do echo "Installing a-package.x86_64 ($one/8)"; sleep 0.5; done';
const lines = [/^ +\d:\d\d {2}preflight$/mu, /^ +\d:\d\d {2}install\b/mu, /^ +\d:\d\d {2}verify\b/mu];
const bar = /[█░]{4}/u;

test.each([
  ['in panes', 100, {}, 'l'],
  ['in panes of a narrow terminal', 60, {}, 'n'],
  ['without panes', 60, { NX_TUI: 'false' }, 'd'],
  ['in CI', 100, { CI: 'true' }, 's'],
])('%s', async (_, columns, env, edition) => {
  await using host = await puppetHost(installer);
  await using at = await checkout(host.env);
  const { exitCode, frames } = await onTerminal(`pnpm nx build iso-${edition}`, {
    cwd: at.root,
    columns,
    env: { ...at.env, ...env },
  });
  const last = frames.at(-1)?.join('\n') ?? '';
  expect(exitCode, last).toBe(0);
  for (const line of lines) expect(last).toMatch(line);
  expect(last).toContain('  up to date: checked in 0:0');
  expect(frames.filter((rows) => rows.some((row) => bar.test(row)))).toEqual([]);

  const again = await at.pnpm('nx', 'build', `iso-${edition}`);
  expect(again.exitCode, again.all).toBe(0);
  const replayed = stripVTControlCharacters(again.all).replaceAll('\r', '');
  for (const line of lines) expect(replayed).toMatch(line);
  expect(await host.builds()).toBe(1);
});
