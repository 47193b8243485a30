import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { connectEngine, type Engine } from '@phyllome/iso-builder';
import { rehearsalBuilder } from '@phyllome/rehearsal';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { consoleKinds } from '../console-kinds.ts';
import { startContainer } from '../container.ts';

// The kickstarts that lorax 44.7 and anaconda 44.35 were recorded with are given to a rehearsal: both consoles have the same
// kinds of lines in the same order. What differs, and why, stands in ../console-kinds.ts.
const root = resolve(import.meta.dirname, '../../../..');
const recordings = join(root, 'packages/installer/test/recorded/anaconda-44');
// Without caches: what an earlier build has kept need not be downloaded and installed, and is not announced.
const builder = { ...rehearsalBuilder(resolve(root, 'containers')), caches: [] };
let engine: Engine;
beforeAll(async () => {
  engine = await connectEngine({ env: process.env });
});
afterAll(() => engine[Symbol.asyncDispose]());

async function rehearse(name: string): Promise<{ output: string; exitCode: number }> {
  const kickstart = await readFile(join(recordings, name, 'kickstart.cfg'), 'utf8');
  const command = `printf %s "$KICKSTART" >/flat.cfg; exec livemedia-creator --make-iso --no-virt --nomacboot --iso-only \
    --ks=/flat.cfg --resultdir=/result --logfile=/logs/livemedia.log --project='Phyllome OS' --releasever=44`;
  await using container = await startContainer(engine, builder, ['sh', '-c', command], {
    env: [`KICKSTART=${kickstart}`],
  });
  const exitCode = await container.exitCode();
  return { output: container.output(), exitCode };
}

const ends = 'The installer will now terminate.';
const lastOfAll = 'Image creation failed: novirt_install failed';

test.each([
  ['success', 0, /^Results are in /u],
  ['missing-package', 1, ends],
  ['post-fails', 1, ends],
  ['pre-fails', 1, lastOfAll],
] as const)('%s', async (name, status, last) => {
  const recorded = await readFile(join(recordings, name, 'console.log'), 'utf8');
  const { output, exitCode } = await rehearse(name);
  expect(exitCode, output).toBe(status);
  expect(consoleKinds(output, last)).toEqual(consoleKinds(recorded, last));
});

test('bad-option: the reason is in other words, and everything around it is the same', async () => {
  const recorded = await readFile(join(recordings, 'bad-option', 'console.log'), 'utf8');
  const { output, exitCode } = await rehearse('bad-option');
  expect(exitCode, output).toBe(1);
  const reason = /^timezone has no option --bogus$|^unrecognized arguments: --bogus$/u;
  const kinds = (text: string): string[] =>
    consoleKinds(text, ends)
      .map((kind) => kind.replace(reason, 'REASON'))
      // Before it installs, lorax makes an image of the disk's size.
      .filter((kind) => kind !== 'Using disk size of SIZE');
  expect(kinds(output)).toEqual(kinds(recorded));
  expect(kinds(output)).toContain('REASON');
});
