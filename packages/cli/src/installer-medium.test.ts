import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { installerOf, openWorkspace, type Workspace } from '@phyllome/pipeline';
import { recordPath } from '@phyllome/pipeline/record';
import { openStore } from '@phyllome/pipeline/store';
import { expect, onTestFinished, test } from 'vitest';
import { mediumOfBuilder } from './installer-medium.ts';

/** A workspace in which this builder has made an installer medium of leaf s; none: nobody has. */
function made(builder: string | undefined): { workspace: Workspace; iso: string } {
  const root = mkdtempSync(join(tmpdir(), 'installer-medium-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'leaves'));
  writeFileSync(join(root, 'nx.json'), '{}');
  const workspace = openWorkspace(root);
  const edition = installerOf('s');
  const path = recordPath(workspace, edition);
  const name = 'phyllome-s-44-i.iso';
  mkdirSync(dirname(path), { recursive: true });
  const sums = { sha256: '0'.repeat(64), kickstart: '1'.repeat(64) };
  const image = { schema: 1, edition, name, volid: 'x', size: 1, ...sums, rehearsal: false, profile: 'draft' };
  if (builder !== undefined) writeFileSync(path, JSON.stringify({ ...image, builder }));
  writeFileSync(join(dirname(path), name), 'x');
  return { workspace, iso: join(dirname(path), name) };
}

const mediumOf = async ({ workspace }: { workspace: Workspace }, builder: string) =>
  await mediumOfBuilder(workspace, 's', {
    builder,
    store: openStore({ PHYLLOME_STORE: join(workspace.root, 'store') }),
  });

test.each(['fedora', 'rehearsal'])('what %s made is what is installed from', async (builder) => {
  const at = made(builder);
  expect((await mediumOf(at, builder))?.iso).toBe(at.iso);
});

test("a medium of another builder is not the distribution's, whose tree there still is", async () => {
  expect(await mediumOf(made('rehearsal'), 'fedora')).toBeUndefined();
  expect(await mediumOf(made(undefined), 'fedora')).toBeUndefined();
});

test('a rehearsal has no other', async () => {
  await expect(mediumOf(made(undefined), 'rehearsal')).rejects.toMatchObject({ code: 'NO_IMAGE' });
});
