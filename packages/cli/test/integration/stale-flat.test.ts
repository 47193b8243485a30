import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkout } from '../checkout.ts';

test('validate fails on a stale flat kickstart, whatever passed before in the same run', async () => {
  await using at = await checkout();
  const flat = join(at.root, 'flat/flat-l.cfg');
  const stale = await readFile(flat);
  await appendFile(join(at.root, 'leaves/l.cfg'), '\ntimesource --ntp-server=a.example\n');
  const good = await at.pnpm('nx', 'run-many', '-t', 'flatten', 'validate', '-p', 'iso-l', '--parallel=1');
  await writeFile(flat, stale);
  const bad = await at.pnpm('nx', 'validate', 'iso-l');
  expect([bad.exitCode, bad.all], good.all).toEqual([1, expect.stringContaining('error[FLAT_STALE]')]);
});
