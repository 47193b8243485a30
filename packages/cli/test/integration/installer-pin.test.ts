import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeInstaller, makeIso } from '../../../iso-builder/test/puppet/puppet.ts';
import { testWorkspace } from '../workspace.ts';

const fedora = { PHYLLOME_BUILDER: 'fedora' };

test('an installer is pinned by its sum, kept, and asked for where it is gone', async () => {
  await using workspace = await testWorkspace();
  const { root } = workspace;
  const none = await workspace.phyllome(['image', 'install-s'], fedora);
  expect(none.exitCode).toBe(2);
  expect(none.stderr).toContain('error[INSTALLER_NOT_MADE]');
  expect(none.stderr).toContain('phyllome builder pin --installer FILE');

  const iso = await makeInstaller(root);
  const pinned = await workspace.phyllome(['builder', 'pin', '--installer', iso]);
  expect(pinned.stderr).toBe('');
  const { installer, base } = JSON.parse(await readFile(join(root, 'release.json'), 'utf8'));
  expect(installer).toEqual({ name: 'installer.iso', sha256: expect.stringMatching(/^[0-9a-f]{64}$/u) });
  expect(base).toBeDefined();

  await rm(join(workspace.store, 'media'), { recursive: true });
  const gone = await workspace.phyllome(['image', 'install-s'], fedora);
  expect(gone.stderr).toContain('error[SOURCE_INVALID]');
  expect(gone.stderr).toContain('installer.iso');
});

test('what is no installer is not pinned', async () => {
  await using workspace = await testWorkspace();
  const { root } = workspace;
  const before = await readFile(join(root, 'release.json'), 'utf8');
  const wrong = join(root, 'text.iso');
  await writeFile(wrong, 'no ISO');
  const cases = [
    [['--installer', await makeIso(root)], 'has no boot menu that installs'],
    [['--installer', wrong], 'has no boot menu that installs'],
    [['--installer', root], 'not an ISO'],
    [['--installer', join(root, 'none.iso')], 'none.iso'],
    [['--installer', await makeInstaller(root), '--checksum', 'a'.repeat(64)], 'CHECKSUM_WRONG'],
    [['--installer', 'https://example.invalid/netinst.iso'], 'no checksum'],
  ] as const;
  for (const [options, said] of cases) {
    const { exitCode, stderr } = await workspace.phyllome(['builder', 'pin', ...options]);
    expect([exitCode, stderr]).toEqual([expect.any(Number), expect.stringContaining(said)]);
    expect(exitCode).not.toBe(0);
  }
  expect(await readFile(join(root, 'release.json'), 'utf8')).toBe(before);
});
