import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { chooseBuilder } from './builders.ts';

const repository = resolve(import.meta.dirname, '../../../..');

test.each([
  ['containers/rehearsal/packages.lock', 'rehearsal'],
  ['containers/rehearsal/rootfs.lock', 'rehearsal'],
  ['containers/fedora/Containerfile', 'fedora'],
])("%s identifies %s's image, and no other's", async (changed, builder) => {
  const root = await mkdtemp(join(tmpdir(), 'builders-'));
  onTestFinished(() => rm(root, { recursive: true }));
  await cp(join(repository, 'containers'), join(root, 'containers'), { recursive: true });
  const digests = (): string[] =>
    ['fedora', 'rehearsal'].map((name) => chooseBuilder(root, 'draft', { PHYLLOME_BUILDER: name }).contextDigest);
  const [fedora, rehearsal] = digests();
  await appendFile(join(root, changed), '# changed\n');
  const after = digests();
  expect([after[0] !== fedora, after[1] !== rehearsal]).toEqual([builder === 'fedora', builder === 'rehearsal']);
});
