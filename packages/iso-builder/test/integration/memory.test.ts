import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { engineEnv } from './engines.ts';
import { withEachEngine } from './fixture.ts';

/** What Node itself takes, and what is in flight; far from the half gigabyte that passes through. */
const limitKiB = 350 * 1024;

await withEachEngine('memory', (at) => {
  test('an ISO of more than half a gigabyte passes through without being held in memory', async () => {
    const { stdout } = await execa(process.execPath, [join(import.meta.dirname, '..', 'puppet', 'memory.ts')], {
      env: engineEnv(at.kind),
    });
    const { size, maxRssKiB }: { size: number; maxRssKiB: number } = JSON.parse(stdout);
    expect(size).toBeGreaterThan(512 * 1024 * 1024);
    expect(maxRssKiB).toBeLessThan(limitKiB);
  });
});
