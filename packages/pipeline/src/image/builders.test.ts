import { readFileSync } from 'node:fs';
import { appendFile, cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
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

const digest = `sha256:${'1'.repeat(64)}`;

/** A workspace as `phyllome init --target` makes it, as far as builders go. */
async function workspaceFor(target: Record<string, number>, base?: object) {
  const root = await mkdtemp(join(tmpdir(), 'builders-'));
  onTestFinished(() => rm(root, { recursive: true }));
  await cp(join(repository, 'containers'), join(root, 'containers'), { recursive: true });
  const [name = ''] = Object.keys(target);
  await rename(join(root, 'containers/fedora'), join(root, 'containers', name));
  await writeFile(join(root, 'phyllome.config.json'), '{"title":"Other"}');
  return { root, readFile: () => JSON.stringify({ ...target, base }) };
}

test.each([
  ['almalinux', 10, '10', 'livenet dmsquash-live convertfs', false],
  ['rocky', 9, '9', 'livenet dmsquash-live convertfs', true],
  ['centos', 10, 'stream10', 'livenet dmsquash-live convertfs', false],
  ['fedora', 43, '43', 'livenet dmsquash-live dmsquash-live-ntfs convertfs', false],
])('%s %i is built by its own builder, of %s', async (id, version, tag, modules, omitsPlymouth) => {
  const image = `registry.example.org/${id}`;
  const base = { image, tag, digest, pinned: '2026-11-29', fallback: `${image}:${tag}` };
  const workspace = await workspaceFor({ [id]: version }, base);
  const builder = chooseBuilder(workspace, 'release', {});
  expect(builder).toMatchObject({ name: id, distribution: id });
  expect(builder.buildArgs).toEqual({ BASE: `${image}@${digest}`, DISTRIBUTION: id, RELEASE: String(version) });
  const dracut = builder.dracutArgs?.release?.join(' ') ?? '';
  expect(dracut).toContain(`--add ${modules}`);
  expect(dracut.includes('--omit plymouth')).toBe(omitsPlymouth);
  expect(chooseBuilder(workspace, 'release', { PHYLLOME_BUILDER: id }).contextDigest).toBe(builder.contextDigest);
  expect(chooseBuilder(workspace, 'draft', { PHYLLOME_BUILDER: 'rehearsal' }).name).toBe('rehearsal');
  const other = id === 'fedora' ? 'almalinux' : 'fedora';
  expect(() => chooseBuilder(workspace, 'draft', { PHYLLOME_BUILDER: other })).toThrow(
    expect.objectContaining({ code: 'BAD_OPTION', hint: `set it to ${id} or rehearsal` }),
  );
  const moved = { ...workspace, readFile: () => workspace.readFile().replace(`"tag":"${tag}"`, '"tag":"8"') };
  expect(() => chooseBuilder(moved, 'draft', {})).toThrow(expect.objectContaining({ code: 'BASE_OTHER_RELEASE' }));
});

test('a base that nobody has pinned yet is asked for, and a rehearsal does without', async () => {
  const workspace = await workspaceFor({ almalinux: 10 });
  expect(() => chooseBuilder(workspace, 'draft', {})).toThrow(
    expect.objectContaining({ code: 'BASE_NOT_PINNED', hint: 'phyllome builder pin' }),
  );
  expect(chooseBuilder(workspace, 'draft', { PHYLLOME_BUILDER: 'rehearsal' }).name).toBe('rehearsal');
  expect(() => chooseBuilder(workspace, 'release', { PHYLLOME_BUILDER: 'rehearsal' })).toThrow('AlmaLinux packages');
});
