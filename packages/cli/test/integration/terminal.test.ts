/**
 * What a build shows on a real terminal: a bar that is one line, links where there are any, and lines in a log. The build
 * itself is that of a machine that builds at once.
 */
import { spawnSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { puppetHost, puppetNeeds, type PuppetHost } from '../puppet-host.ts';
import { onTerminal, type Shown } from '../terminal.ts';
import { main, type TestWorkspace, testWorkspace } from '../workspace.ts';

const lacking = [
  ...(process.getuid?.() === 0 ? [] : ['root']),
  ...[...puppetNeeds, 'script'].filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0),
];
if (lacking.length > 0) process.stdout.write(`left out, as ${lacking.join(', ')} is missing: builds on a terminal\n`);

/** An installer that goes on for some seconds, and says how far it is. */
const installer =
  'for one in 1 2 3 4 5 6 7 8; do echo "Installing a-package-of-a-long-name.x86_64 ($one/8)"; sleep 0.4; done';

let host: PuppetHost;
let workspace: TestWorkspace;

async function build(words: string, columns: number, env: Record<string, string> = {}): Promise<Shown> {
  return await onTerminal(`${process.execPath} ${main} build ${words}`, {
    cwd: workspace.root,
    columns,
    env: { ...host.env, PHYLLOME_STORE: workspace.store, XDG_CACHE_HOME: `${workspace.root}/cache`, ...env },
  });
}

const bar = /[█░]/u;

describe.skipIf(lacking.length > 0 && process.env['CI'] !== 'true')('a build on a terminal', () => {
  beforeAll(async () => {
    host = await puppetHost(installer);
    workspace = await testWorkspace();
  });
  afterAll(async () => {
    await workspace?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
  });

  test.each([60, 100])(
    'of %i columns shows one line that moves, and none of it is left at the end',
    async (columns) => {
      const { exitCode, frames } = await build('l --rebuild', columns);
      expect(exitCode, frames.at(-1)?.join('\n')).toBe(0);
      const lines = frames.map((rows) => rows.filter((row) => bar.test(row)));
      expect(Math.max(...lines.map(({ length }) => length))).toBe(1);
      expect(frames.at(-1)?.some((row) => bar.test(row))).toBe(false);
      expect(lines.flat().filter((line) => line.length >= columns)).toEqual([]);
      // It stays where it is.
      const places = frames.flatMap((rows) => rows.flatMap((row, at) => (bar.test(row) ? [at] : [])));
      expect(new Set(places).size).toBe(1);
      const percentages = lines.flat().map((line) => Number(/(?<percent>\d+) %/u.exec(line)?.groups?.['percent']));
      expect(percentages.length).toBeGreaterThan(1);
      expect(percentages).toEqual(percentages.toSorted((a, b) => a - b));
      expect(new Set(percentages).size).toBeGreaterThan(1);
    },
  );

  test('as a task of Nx prints lines: no bar, no link, nothing that a terminal obeys', async () => {
    const { exitCode, written } = await build('l --rebuild', 60, {
      NX_TASK_TARGET_TARGET: 'image',
      VTE_VERSION: '7600',
    });
    expect(exitCode, written).toBe(0);
    expect(written).toMatch(/\d:\d\d {2}install/u);
    expect(written).not.toMatch(bar);
    expect(stripVTControlCharacters(written)).toBe(written);
  });

  test('links the ISO where the terminal knows links', async () => {
    const { written } = await build('l', 100, { VTE_VERSION: '7600', NO_COLOR: '' });
    const [address = '', text] = written.split('\u001B]8;;')[1]?.split('\u001B\\') ?? [];
    expect(text).toBe('dist/iso-l/phyllome-l-44-rehearsal.iso');
    expect(new URL(address).pathname).toBe(`${workspace.root}/${text}`);
  });

  test.each<[string, Record<string, string>]>([
    ['NO_COLOR', { NO_COLOR: '1', VTE_VERSION: '7600' }],
    ['a terminal that does not know them', {}],
    ['a dumb one', { TERM: 'dumb', VTE_VERSION: '7600' }],
    ['CI', { CI: 'true', VTE_VERSION: '7600' }],
  ])('links nothing with %s', async (_, env) => {
    const { exitCode, written } = await build('l', 100, env);
    expect(exitCode).toBe(0);
    expect(written).toContain('dist/iso-l/phyllome-l-44-rehearsal.iso');
    expect(written).not.toContain('\u001B]8');
  });

  test('to a pipe, nothing that a terminal obeys is printed, whatever is forced', async () => {
    const env = { ...host.env, PHYLLOME_STORE: workspace.store, FORCE_HYPERLINK: '1', FORCE_COLOR: '1' };
    const { exitCode, all } = await workspace.phyllome(['build', 'l'], env);
    expect(exitCode, all).toBe(0);
    expect(stripVTControlCharacters(all)).toBe(all);
  });
});
