import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testWorkspace } from '../workspace.ts';

test('machines at once each say whose lines are theirs', async () => {
  await using workspace = await testWorkspace();
  const iso = join(workspace.root, 'empty.iso');
  await writeFile(iso, Buffer.alloc(64 * 2048));
  const { exitCode, stdout } = await workspace.phyllome(['test-vm', iso, '--jobs', '2']);
  expect(exitCode).toBe(1);
  const lines = stdout.split('\n').filter((line) => !line.startsWith('  '));
  expect(lines.toSorted()).toEqual([
    expect.stringMatching(/^bios: {3}(preflight|report): /),
    expect.stringMatching(/^bios: {3}(preflight|report): /),
    expect.stringMatching(/^bios: Booting .*empty\.iso with bios$/),
    'bios: bios: rejected: bad-media in phase preflight',
    expect.stringMatching(/^uefi: {3}(preflight|report): /),
    expect.stringMatching(/^uefi: {3}(preflight|report): /),
    expect.stringMatching(/^uefi: Booting .*empty\.iso with uefi$/),
    'uefi: uefi: rejected: bad-media in phase preflight',
  ]);
});

test('a list of allowed faults without a day is refused before any boot', async () => {
  await using workspace = await testWorkspace();
  const [iso, allow] = [join(workspace.root, 'empty.iso'), join(workspace.root, 'allow.json')];
  await writeFile(iso, Buffer.alloc(64 * 2048));
  await writeFile(allow, '[{ "pattern": "x", "tracker": "https://example.org/1", "expires": "never" }]');
  const { exitCode, stderr } = await workspace.phyllome(['test-vm', iso, '--allow', allow]);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('ALLOW_INVALID')]);
});
