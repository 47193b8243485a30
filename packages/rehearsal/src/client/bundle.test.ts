import { execFile } from 'node:child_process';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { bundle } from './bundle.ts';

test.each([
  ['livemedia-creator', /^livemedia-creator .*rehearsal/u],
  ['anaconda', /^anaconda .*rehearsal/u],
] as const)('the bundled %s starts where none of our packages is', async (name, version) => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'bundle-'));
  const program = join(directory.path, name);
  await writeFile(program, bundle(name));
  const { stdout } = await promisify(execFile)(process.execPath, [program, '--version']);
  expect(stdout).toMatch(version);
});
