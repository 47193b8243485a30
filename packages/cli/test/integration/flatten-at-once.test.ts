import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Checkout, checkout } from '../checkout.ts';

// Nx, asked for the flat kickstarts of several leaves, starts `phyllome flatten` once; each leaf keeps a result of its own.

let at: Checkout;
/** The command line of every process of Node, a line each. */
let started: string;

beforeAll(async () => {
  at = await checkout();
  started = join(at.root, 'started');
  const recorder = join(at.root, 'recorder.mjs');
  await writeFile(
    recorder,
    `import { appendFileSync } from 'node:fs';\nappendFileSync(${JSON.stringify(started)}, process.argv.join(' ') + '\\n');\n`,
  );
  Object.assign(at.env, { NODE_OPTIONS: `--import=${recorder}` });
});
afterAll(() => at?.[Symbol.asyncDispose]());

const projects = ['iso-l', 'iso-dhi', 'install-dhi'];

/** How it ended, what it printed, and for which leaves `phyllome flatten` was started. */
async function flatten() {
  await writeFile(started, '');
  const argv = ['nx', 'run-many', '-t', 'flatten', '-p', ...projects, '--output-style=static'];
  const { exitCode, all } = await at.pnpm(...argv);
  const runs = (await readFile(started, 'utf8')).matchAll(/\/phyllome\.js flatten (.*)$/gmu);
  return {
    exitCode,
    all: stripVTControlCharacters(all),
    runs: [...runs].map(([, leaves = '']) => leaves.split(' ').toSorted()),
  };
}

test('several leaves are flattened in one process, and known one by one from then on', async () => {
  const first = await flatten();
  expect(first.exitCode, first.all).toBe(0);
  expect(first.runs).toEqual([['dhi', 'l', 'ldhi']]);
  for (const leaf of ['dhi', 'l', 'ldhi']) expect(first.all).toContain(`flat/flat-${leaf}.cfg: `);
  const second = await flatten();
  expect([second.exitCode, second.runs], second.all).toEqual([0, []]);

  await appendFile(join(at.root, 'leaves/l.cfg'), '\ntimesource --ntp-server=a.example\n');
  const changed = await flatten();
  expect([changed.exitCode, changed.runs], changed.all).toEqual([0, [['l']]]);
  expect(await readFile(join(at.root, 'flat/flat-l.cfg'), 'utf8')).toContain('a.example');
});

test('a leaf that is broken fails by itself, with its own error', async () => {
  await appendFile(join(at.root, 'leaves/blocks/hypervisor/libvirt.cfg'), '\n# changed\n');
  await appendFile(join(at.root, 'leaves/l.cfg'), '\n%include nowhere.cfg\n');
  const { exitCode, all } = await flatten();
  expect(exitCode, all).toBe(1);
  expect(all).toContain('error[KS_INCLUDE_NOT_FOUND] leaves/l.cfg:');
  expect(all.slice(all.indexOf('Failed tasks:')).match(/^- \S+$/gmu)).toEqual(['- iso-l:flatten']);
  // What the others came to is kept.
  const again = await flatten();
  expect([again.exitCode, again.runs], again.all).toEqual([1, [['l']]]);
});
