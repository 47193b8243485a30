import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ownOwner } from '@phyllome/host';
import { reapPartialResults } from './reap.ts';

/** This host and namespace, a process that is gone: the start time is another. */
const dead = ownOwner.replace(/\d+$/u, '1');

test('what killed builds left beside their destination goes, and nothing of others', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reap-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const left = ['.dist.lock', `.dist.lock~${dead}~x`, `.dist.partial~${dead}~x`];
  const others = [
    `.dist.lock~${ownOwner}~x`,
    `.dist.partial~${ownOwner}~x`,
    `.dist2.lock~${dead}~x`,
    `.dist.lock~stale~${dead}`,
    'dist',
  ];
  await mkdir(join(folder, 'dist'));
  for (const name of [...left, ...others])
    if (name.includes('.partial~')) await mkdir(join(folder, name));
    else if (name !== 'dist') await writeFile(join(folder, name), `${dead}~x`);
  expect((await reapPartialResults(join(folder, 'dist'))).toSorted()).toEqual(left);
  expect((await readdir(folder)).toSorted()).toEqual(others.toSorted());
});
