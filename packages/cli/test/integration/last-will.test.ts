import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { containers } from '../containers.ts';
import { testWorkspace } from '../workspace.ts';

test('a build that is interrupted, and killed before it could clean up, leaves nothing', async () => {
  await using workspace = await testWorkspace();
  const build = workspace.phyllome(['image', 'l']);
  let seen = '';
  build.all.on('data', (chunk) => {
    const before = seen;
    seen += String(chunk);
    if (before.includes('install') || !seen.includes('install')) return;
    build.kill('SIGINT');
    // Not enough for anything but the last will.
    setTimeout(() => build.kill('SIGKILL'), 300);
  });
  const { signal, exitCode } = await build;
  // On a quick machine it may have made it in time.
  expect([signal, exitCode]).toSatisfy(([name, code]) => name === 'SIGKILL' || code === 130);
  await expect.poll(containers, { timeout: 120_000 }).toEqual([]);
  await expect.poll(() => readdir(join(workspace.root, 'dist')), { timeout: 120_000 }).toEqual([]);
});
