import { existsSync } from 'node:fs';
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bootSector } from '../../../vm-tester/test/integration/boot-sectors.ts';
import { runPhyllome, testWorkspace } from '../workspace.ts';

test('machines at once each say whose lines are theirs', async () => {
  await using workspace = await testWorkspace();
  const iso = join(workspace.root, 'empty.iso');
  await writeFile(iso, Buffer.alloc(64 * 2048));
  const { exitCode, stdout } = await workspace.phyllome(['test-vm', iso, '--jobs', '2']);
  expect(exitCode).toBe(1);
  const lines = stdout.split('\n').filter((line) => !line.startsWith('  '));
  expect(lines.toSorted()).toEqual([
    expect.stringMatching(/empty\.iso: rejected in \d+:\d\d$/),
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

test('firmware is a list by commas, or an option as often, and takes no target for one more', async () => {
  await using workspace = await testWorkspace();
  const iso = join(workspace.root, 'empty.iso');
  await writeFile(iso, Buffer.alloc(64 * 2048));
  const booted = async (...args: string[]): Promise<string[]> =>
    (await workspace.phyllome(['test-vm', '--jobs', '1', ...args])).stdout.match(/(?<=with )\S+$/gmu) ?? [];
  expect(await booted('--firmware', 'bios', iso)).toEqual(['bios']);
  expect(await booted('--firmware', 'uefi,bios', iso)).toEqual(['uefi', 'bios']);
  expect(await booted(iso, '--firmware', 'bios', '--firmware', 'uefi')).toEqual(['bios', 'uefi']);
  const wrong = await workspace.phyllome(['test-vm', iso, '--firmware', 'bios,efi']);
  expect(wrong.stderr).toContain('Allowed are bios, uefi, uefi-secure.');
  expect(wrong.exitCode).toBe(2);
});

test('an ISO is judged anywhere, and its evidence goes where it is asked for, which an edition cannot choose', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'phyllome-cli-test-'));
  await writeFile(join(directory.path, 'empty.iso'), Buffer.alloc(64 * 2048));
  const judged = await runPhyllome(directory.path, [
    'test-vm',
    'empty.iso',
    '--firmware',
    'bios',
    '--artifacts',
    'evidence',
  ]);
  expect([judged.exitCode, judged.stdout]).toEqual([1, expect.stringContaining('bios: rejected: bad-media')]);
  expect(existsSync(join(directory.path, 'evidence/bios/report.html'))).toBe(true);
  await using workspace = await testWorkspace();
  const { exitCode, stderr } = await workspace.phyllome(['test-vm', 'l', '--artifacts', 'evidence']);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('BAD_OPTION')]);
});

test('a disk without an operating system is judged by what it shows, packed or not, as often as asked', async () => {
  await using workspace = await testWorkspace();
  const disk = join(workspace.root, 'tool.img.gz');
  await writeFile(disk, gzipSync(bootSector({ print: 'the tool is up' })));
  const judge = (pattern: string, ...args: string[]) =>
    workspace.phyllome(['test-vm', disk, '--firmware', 'bios', '--memory', '64', '--ready-when', pattern, ...args]);
  const good = await judge('console:tool is up$', '--repeat', '2');
  expect([good.exitCode, good.stdout]).toEqual([0, expect.stringMatching(/a raw disk, gzip, with bios, 2 of 2/u)]);
  expect(good.stdout.match(/bios: accepted/gu)).toHaveLength(2);
  // What was not looked at is reported.
  expect(good.stdout).toContain('no kernel was seen');
  const folder = join(workspace.root, 'dist/test-vm/tool.img.gz/bios');
  // The first boot has nothing that it could be compared with; from then on the last that was accepted is.
  const difference = 'different from the last accepted run';
  expect(await readFile(join(folder, 'boot-1', 'report.html'), 'utf8')).not.toContain(difference);
  expect(await readFile(join(folder, 'boot-2', 'report.html'), 'utf8')).toContain(difference);

  // The twin: it never shows what it should.
  await writeFile(disk, gzipSync(bootSector('reset')));
  const bad = await judge('console:tool is up$');
  expect([bad.exitCode, bad.stdout]).toEqual([1, expect.stringContaining('rejected: reboot-loop')]);
  expect(await readFile(join(folder, 'report.html'), 'utf8')).toContain(difference);
});

test('options for files are refused where they mean nothing, before any boot', async () => {
  await using workspace = await testWorkspace();
  const disk = join(workspace.root, 'disk.qcow2');
  await writeFile(disk, 'QFI\u00fb', 'latin1');
  for (const args of [
    ['l', '--login', 'root'],
    ['l', '--repeat', '2'],
    ['l', '--ready-when', 'screen:x'],
    [disk, '--as', 'usb'],
    [disk, '--ready-when', 'x'],
    [disk, '--ready-when', 'console:('],
    [disk, '--login', ':secret'],
    [disk, '--memory', '-3'],
  ]) {
    const { exitCode, stdout } = await workspace.phyllome(['test-vm', ...args]);
    expect([args, exitCode, stdout]).toEqual([args, 2, '']);
  }
  await writeFile(disk, gzipSync('cut short').subarray(0, 12));
  const damaged = await workspace.phyllome(['test-vm', disk]);
  expect(damaged.stderr).toContain('IMAGE_UNREADABLE');
});
