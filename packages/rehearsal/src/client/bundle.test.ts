import { execFile } from 'node:child_process';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { bundle } from './bundle.ts';

test('the bundled livemedia-creator starts where none of our packages is', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'bundle-'));
  const program = join(directory.path, 'livemedia-creator');
  await writeFile(program, bundle());
  const { stdout } = await promisify(execFile)(process.execPath, [program, '--version']);
  expect(stdout).toMatch(/^livemedia-creator .*rehearsal/u);
});
