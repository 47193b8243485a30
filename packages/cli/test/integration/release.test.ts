import { hash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { serveDirectory, webServerLacks } from '../web-server.ts';
import { testWorkspace } from '../workspace.ts';

/** What a build and its test leave behind, with an ISO of a few bytes. */
async function built(root: string, content: string, packages: { name: string; version: string }[]): Promise<void> {
  const directory = join(root, 'dist/iso-l');
  const iso = { name: 'phyllome-l-44.iso', sha256: hash('sha256', content), size: content.length };
  const more = { edition: 'l', volid: 'L', builder: 'rehearsal', rehearsal: true, profile: 'draft' };
  const files = {
    [iso.name]: content,
    'image.json': JSON.stringify({ schema: 1, ...iso, ...more }),
    'manifest.json': JSON.stringify({ iso, releasever: '44' }),
    'packages.json': JSON.stringify({ packages }),
    'sbom.spdx.json': '{}',
    'provenance.intoto.json': '{}',
    'test-vm/bios/verdict.json': JSON.stringify({ status: 'accepted', milestones: {} }),
    'test-vm/bios/report.html': '<!doctype html><title>report</title>',
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
  }
}

test('two releases, the second with what changed since the first', async () => {
  await using workspace = await testWorkspace();
  const nothing = await workspace.phyllome(['release', '44.0']);
  expect([nothing.exitCode, nothing.stderr]).toEqual([2, expect.stringContaining('error[NOTHING_TO_RELEASE]')]);

  await built(workspace.root, 'the first ISO', [{ name: 'bash', version: '5.1' }]);
  const first = await workspace.phyllome(['release', '44.0']);
  expect(first.stdout).toContain('This is a REHEARSAL of a release');
  await execa('sha256sum', ['--check', '--strict', 'CHECKSUM'], { cwd: join(workspace.root, 'release/44.0') });
  const again = await workspace.phyllome(['release', '44.0']);
  expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining('error[RELEASE_EXISTS]')]);

  await built(workspace.root, 'the second ISO', [{ name: 'bash', version: '5.2' }]);
  const second = await workspace.phyllome(['release', '44.1', 'l', '--previous', 'release/44.0', '--json']);
  expect(JSON.parse(second.stdout)).toMatchObject({ version: 1, signed: false, isos: [{ path: 'phyllome-l-44.iso' }] });
  const page = await readFile(join(workspace.root, 'release/44.1/index.html'), 'utf8');
  expect(page).toContain('1 packages updated, 0 added, 0 removed');

  const diff = await workspace.phyllome(['diff-images', 'release/44.0/l', 'l', '--evidence-only', '--exit-code']);
  expect([diff.exitCode, diff.stdout]).toEqual([1, expect.stringContaining('bash  5.1 → 5.2')]);
});

const lacksServer = webServerLacks.length > 0 && process.env['CI'] !== 'true';
test.skipIf(lacksServer)('a release is compared with the last one where that is served', async () => {
  await using workspace = await testWorkspace();
  await built(workspace.root, 'the first ISO', [{ name: 'bash', version: '5.1' }]);
  await workspace.phyllome(['release', '44.0']);
  await using server = await serveDirectory(join(workspace.root, 'release'));
  await built(workspace.root, 'the second ISO', [{ name: 'bash', version: '5.2' }]);
  const missing = await workspace.phyllome(['release', '44.1', '--previous', `${server.url}43.9/`]);
  expect([missing.exitCode, missing.stderr]).toEqual([3, expect.stringContaining('error[PREVIOUS_UNREACHABLE]')]);
  const made = await workspace.phyllome(['release', '44.1', '--previous', `${server.url}44.0/`]);
  expect(made.exitCode, made.stderr).toBe(0);
  const page = await readFile(join(workspace.root, 'release/44.1/index.html'), 'utf8');
  expect(page).toContain('1 packages updated, 0 added, 0 removed');
  expect(page).toContain('<a href="l/bios-report.html">BIOS: accepted</a>');
  const releases = JSON.parse(await readFile(join(workspace.root, 'release/44.1/releases.json'), 'utf8'));
  expect(releases).toMatchObject({ releases: [{ tag: '44.1' }, { tag: '44.0' }] });
});

test('the matrix of a workflow names every edition, and none without leaves', async () => {
  await using workspace = await testWorkspace();
  const { stdout } = await workspace.phyllome(['matrix', '--json']);
  const { include } = JSON.parse(stdout);
  expect(include).toContainEqual({ edition: 'dhi', project: 'iso-dhi' });
  expect(include).toHaveLength(10);
});
