import { readFileSync } from 'node:fs';
import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { chooseBuilder } from './builders.ts';

const repository = resolve(import.meta.dirname, '../../../..');
const release = readFileSync(join(repository, 'release.json'), 'utf8');
const readFile = () => release;

test.each([
  ['containers/rehearsal/packages.lock', 'rehearsal'],
  ['containers/rehearsal/rootfs.lock', 'rehearsal'],
  ['containers/fedora/Containerfile', 'fedora'],
])("%s identifies %s's image, and no other's", async (changed, builder) => {
  const root = await mkdtemp(join(tmpdir(), 'builders-'));
  onTestFinished(() => rm(root, { recursive: true }));
  await cp(join(repository, 'containers'), join(root, 'containers'), { recursive: true });
  const digests = (): string[] =>
    ['fedora', 'rehearsal'].map(
      (name) => chooseBuilder({ root, readFile }, 'draft', { PHYLLOME_BUILDER: name }).contextDigest,
    );
  const [fedora, rehearsal] = digests();
  await appendFile(join(root, changed), '# changed\n');
  const after = digests();
  expect([after[0] !== fedora, after[1] !== rehearsal]).toEqual([builder === 'fedora', builder === 'rehearsal']);
});

const changed = (pattern: RegExp, to: string) => () => release.replace(pattern, to);
const choose = (read: () => string) => chooseBuilder({ root: repository, readFile: read }, 'draft', {});

test('a base of another release is refused before anything is built of it', () => {
  expect(() => choose(changed(/"fedora": \d+/, '"fedora": 45'))).toThrow(
    expect.objectContaining({ code: 'BASE_OTHER_RELEASE' }),
  );
  expect(choose(readFile).buildArgs).toMatchObject({ RELEASE: '44', BASE: expect.stringMatching(/@sha256:/) });
});

test('another base makes another image', () => {
  const other = choose(changed(/sha256:[0-9a-f]{4}/, 'sha256:0000'));
  expect(other.contextDigest).not.toBe(choose(readFile).contextDigest);
});
