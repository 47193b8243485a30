/**
 * What `phyllome init` writes becomes an ISO that boots: a whole workspace of another project, built by the rehearsal
 * builder and judged under QEMU by the commands that its README names.
 */
import { mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { runPhyllome } from '../workspace.ts';

const repository = resolve(import.meta.dirname, '../../../..');

test('a new workspace builds its ISO, which says whose it is, boots, and is not built twice', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'phyllome-init-'));
  const made = await runPhyllome(directory.path, ['init', 'my-remix', '--link', repository]);
  expect(made.exitCode, made.all).toBe(0);
  const root = join(directory.path, 'my-remix');
  const env = {
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    PHYLLOME_BUILDER: 'rehearsal',
    PHYLLOME_STORE: join(directory.path, 'store'),
  };
  const pnpm = (...args: string[]) =>
    execa('pnpm', args, { cwd: root, env, reject: false, all: true, stdin: 'ignore' });
  expect((await pnpm('install', '--prefer-offline')).exitCode).toBe(0);

  const built = await pnpm('nx', 'build', 'iso-base');
  expect(built.exitCode, built.all).toBe(0);
  const image = JSON.parse(await readFile(join(root, 'dist/iso-base/image.json'), 'utf8'));
  expect(image).toMatchObject({
    name: expect.stringMatching(/^myremix-base-\d+-rehearsal\.iso$/u),
    volid: expect.stringMatching(/^MyRemix-base-\d+-rehearsal$/u),
  });
  expect(await readdir(join(root, 'dist/iso-base'))).toContain(image.name);
  expect(built.all).toContain('It is not My Remix.');

  // A title that is not in the ISO builds nothing anew.
  const config = await readFile(join(root, 'phyllome.config.ts'), 'utf8');
  await writeFile(
    join(root, 'phyllome.config.ts'),
    config.replace('letters: {},', "letters: {},\n  editions: { base: { title: 'The first of them' } },"),
  );
  const again = await pnpm('nx', 'build', 'iso-base');
  expect(again.exitCode, again.all).toBe(0);
  expect(again.all).toContain('nothing to build');

  const judged = await pnpm('nx', 'test-vm', 'iso-base');
  expect(judged.exitCode, judged.all).toBe(0);
  for (const firmware of ['bios', 'uefi']) {
    const verdict = JSON.parse(await readFile(join(root, `dist/iso-base/test-vm/${firmware}/verdict.json`), 'utf8'));
    expect(verdict).toMatchObject({ status: 'accepted' });
  }
});
