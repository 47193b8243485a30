import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { absence, engineKinds } from './engines.ts';

/** What Node itself takes, and what is in flight; far from the half gigabyte that passes through. */
const limitKiB = 350 * 1024;

for (const kind of engineKinds) {
  const why = await absence(kind);
  if (why !== undefined) console.warn(`tests with ${kind} are skipped: ${why}`);

  describe.skipIf(why !== undefined)(`with ${kind}`, () => {
    test('an ISO of more than half a gigabyte passes through without being held in memory', async () => {
      const { stdout } = await execa(process.execPath, [join(import.meta.dirname, '..', 'puppet', 'memory.ts')], {
        env: { PHYLLOME_ENGINE: kind },
      });
      const { size, maxRssKiB }: { size: number; maxRssKiB: number } = JSON.parse(stdout);
      expect(size).toBeGreaterThan(512 * 1024 * 1024);
      expect(maxRssKiB).toBeLessThan(limitKiB);
    });
  });
}
