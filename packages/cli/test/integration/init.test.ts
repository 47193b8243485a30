import { mkdir, mkdtempDisposable, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { nodePackages, nxVersion, pnpmVersion } from '../../src/init/versions.ts';
import { runPhyllome } from '../workspace.ts';

const repository = resolve(import.meta.dirname, '../../../..');

/** Every file below a directory, and the directory itself, as a list. */
const listed = async (directory: string): Promise<string[]> =>
  (await readdir(directory, { recursive: true })).toSorted();

let at: Awaited<ReturnType<typeof mkdtempDisposable>>;
beforeAll(async () => {
  at = await mkdtempDisposable(join(tmpdir(), 'phyllome-init-'));
  return () => at.remove();
});

const init = (cwd: string, ...args: string[]) => runPhyllome(cwd, ['init', ...args], { CI: 'true' });

test('a new workspace is fresh, valid and without findings, under its own names', async () => {
  const made = await init(at.path, 'my-remix', '--link', repository);
  expect(made.all).toContain('my-remix: a workspace of My Remix, with the edition base');
  const root = join(at.path, 'my-remix');
  expect((await stat(root)).mode & 0o777).toBe(0o777 & ~process.umask());
  for (const words of [['flatten', '--check'], ['validate'], ['lint', '--strict']]) {
    const { all, exitCode } = await runPhyllome(root, words);
    expect([exitCode, all], words.join(' ')).toEqual([0, expect.any(String)]);
  }
  const config = JSON.parse((await runPhyllome(root, ['config', '--json'])).stdout);
  expect(config).toMatchObject({
    file: 'phyllome.config.ts',
    config: { title: 'My Remix', volumeId: 'MyRemix', checks: false },
  });
  expect(JSON.parse((await runPhyllome(root, ['matrix', '--json'])).stdout)).toEqual({
    include: [{ edition: 'base', project: 'iso-base' }],
  });
  const builder = await runPhyllome(root, ['builder'], { PHYLLOME_BUILDER: 'rehearsal' });
  expect(JSON.parse(builder.stdout)).toMatchObject({ project: 'My Remix', volumeId: 'MyRemix' });
  // Nothing in it is this project's own.
  const texts = await Promise.all(
    ['README.md', 'package.json', 'phyllome.config.ts', 'leaves/lbase.cfg', 'flat/flat-lbase.cfg'].map((path) =>
      readFile(join(root, path), 'utf8'),
    ),
  );
  expect(texts.join('\n')).not.toContain('Phyllome OS');
});

test('a workspace for an Enterprise Linux is fresh and valid in its dialect, and is built by its own builder', async () => {
  const made = await init(at.path, 'my-el', '--target', 'almalinux:10');
  expect(made.all).toContain('my-el: a workspace of My El, with the edition base, for AlmaLinux 10');
  expect(made.all).toContain('phyllome builder pin');
  const root = join(at.path, 'my-el');
  for (const words of [['flatten', '--check'], ['validate'], ['lint', '--strict']]) {
    const { all, exitCode } = await runPhyllome(root, words);
    expect([exitCode, all], words.join(' ')).toEqual([0, expect.any(String)]);
  }
  // Its base is for a registry to say.
  const early = await runPhyllome(root, ['builder']);
  expect([early.exitCode, early.all]).toEqual([2, expect.stringContaining('error[BASE_NOT_PINNED]')]);
  const base = { image: 'registry.example.org/almalinux', tag: '10', digest: `sha256:${'1'.repeat(64)}` };
  const pinned = { almalinux: 10, base: { ...base, pinned: '2026-11-29', fallback: 'registry.example.org/a:10' } };
  await writeFile(join(root, 'release.json'), JSON.stringify(pinned));
  expect(JSON.parse((await runPhyllome(root, ['builder'])).stdout)).toMatchObject({
    name: 'almalinux',
    project: 'My El',
    privileges: { loopDevices: true },
  });
  const rehearsal = await runPhyllome(root, ['builder'], { PHYLLOME_BUILDER: 'rehearsal' });
  expect(JSON.parse(rehearsal.stdout)).toMatchObject({ name: 'rehearsal' });
});

test('a directory that is there and empty stays the same one', async () => {
  const root = join(at.path, 'here');
  await mkdir(root);
  const before = (await stat(root)).ino;
  const made = await init(root, '--title', 'Other', '--release', 'F43');
  expect(made.all).toContain('here: a workspace of Other');
  expect((await stat(root)).ino).toBe(before);
  expect(JSON.parse(await readFile(join(root, 'release.json'), 'utf8'))).toMatchObject({ fedora: 43 });
  expect(await readFile(join(root, 'leaves/blocks/source.cfg'), 'utf8')).toContain('fedora-43');
  expect(await readdir(at.path)).not.toContainEqual(expect.stringMatching(/^\./u));
});

test.each([
  ['one that has something in it', ['full'], 'NOT_EMPTY'],
  ['a file', ['full/file'], 'NOT_EMPTY'],
  ['a name that npm refuses', ['x', '--name', '../x'], 'BAD_OPTION'],
  ['a title that would be more than text', ['x', '--title', "'; rm -rf /"], 'BAD_OPTION'],
  ['a release of no Fedora', ['x', '--release', 'F12'], 'BAD_ARGUMENTS|BAD_OPTION'],
  ['a distribution that nobody knows', ['x', '--target', 'slackware:15'], 'BAD_ARGUMENTS|BAD_OPTION'],
  ['a release that it does not have', ['x', '--target', 'almalinux:44'], 'BAD_ARGUMENTS|BAD_OPTION'],
  ['what is not a checkout', ['x', '--link', 'full'], 'BAD_OPTION'],
])('%s is refused, and nothing is written', async (_, args, code) => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'phyllome-init-'));
  await mkdir(join(directory.path, 'full'));
  await writeFile(join(directory.path, 'full/file'), 'mine');
  const before = await listed(directory.path);
  const { all, exitCode } = await init(directory.path, ...args);
  expect(all).toMatch(new RegExp(`error\\[(?:${code})\\]`, 'u'));
  expect(exitCode).toBe(2);
  expect(await listed(directory.path)).toEqual(before);
});

test('what is installed beside the tools is what this project has itself', async () => {
  const own = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8'));
  const { catalog, catalogs } = parse(await readFile(join(repository, 'pnpm-workspace.yaml'), 'utf8'));
  expect([`pnpm@${pnpmVersion}`, nxVersion, nodePackages]).toEqual([own.packageManager, catalog.nx, catalogs.node]);
  const made = JSON.parse(await readFile(join(at.path, 'my-remix/package.json'), 'utf8'));
  expect(made.scripts.nx).toBe(own.scripts.nx);
});

test('the workflow is one', async () => {
  const { validateWorkflow } = await import('@action-validator/core');
  const text = await readFile(join(at.path, 'my-remix/.github/workflows/pull-request.yml'), 'utf8');
  expect(validateWorkflow(text).errors).toEqual([]);
});

test('Nx has a project of each leaf, which says by which tools it was made', async () => {
  const root = join(at.path, 'my-remix');
  await execa('pnpm', ['install', '--prefer-offline'], { cwd: root, stdin: 'ignore' });
  const env = { NX_DAEMON: 'false', NX_TUI: 'false' };
  const { stdout } = await execa('pnpm', ['--silent', 'nx', 'show', 'project', 'iso-base', '--json'], {
    cwd: root,
    env,
  });
  const { tags, targets } = JSON.parse(stdout);
  expect(tags).toEqual(['type:iso', 'edition:base', 'live']);
  expect(Object.keys(targets)).toEqual(['flatten', 'validate', 'image', 'build', 'test-vm']);
  expect(JSON.stringify(targets.image.inputs)).toMatch(/echo @phyllome\/nx-plugin [^ ]+ sha256:[0-9a-f]{64}/u);
  expect(JSON.stringify(targets)).not.toContain('{workspaceRoot}/packages/');
  const flat = await execa('pnpm', ['nx', 'flatten', 'iso-base'], { cwd: root, env, all: true });
  expect(stripVTControlCharacters(flat.all)).toContain('Successfully ran target flatten');
});
