import { appendFile, mkdir, mkdtempDisposable, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runPhyllome, testWorkspace } from '../workspace.ts';

test('flatten writes a source map beside the flat kickstart', async () => {
  await using workspace = await testWorkspace();
  expect((await workspace.phyllome(['flatten', 'l'])).exitCode).toBe(0);
  const map = JSON.parse(await readFile(join(workspace.root, 'flat/flat-l.cfg.map.json'), 'utf8'));
  expect(map).toMatchObject({ version: 2, flat: 'flat/flat-l.cfg' });
  expect(map.sources[0]).toBe('leaves/l.cfg');
});

test('explain says where a flat line comes from', async () => {
  await using workspace = await testWorkspace();
  const { exitCode, stdout } = await workspace.phyllome(['explain', 'flat/flat-ldhi.cfg:4']);
  expect(stdout).toBe(
    [
      'flat/flat-ldhi.cfg:4 | firewall --enabled --service=mdns',
      '  comes from leaves/blocks/security.cfg:4:1 | firewall --enabled --service=mdns',
      '  included from leaves/blocks/base.cfg:7:1',
      '  included from leaves/ldhi.cfg:2:1',
    ].join('\n'),
  );
  expect(exitCode).toBe(0);
  expect((await workspace.phyllome(['explain', 'flat/flat-l.cfg:1'])).stdout).toContain('is generated');
});

test('explain says what a leaf line becomes in every edition', async () => {
  await using workspace = await testWorkspace();
  const { stdout } = await workspace.phyllome(['explain', 'leaves/blocks/network.cfg:2']);
  expect(stdout).toContain('becomes flat/flat-ldhi.cfg:10 | network --bootproto=dhcp');
  expect(stdout).toContain('becomes flat/flat-s.cfg:');
  const include = await workspace.phyllome(['explain', 'leaves/l.cfg:2', '--format', 'json']);
  const { uses } = JSON.parse(include.stdout);
  expect(uses).toHaveLength(1);
  expect(uses[0].lines.length).toBeGreaterThan(10);
});

test('a line that no edition has is reported once', async () => {
  await using workspace = await testWorkspace();
  const { stdout } = await workspace.phyllome(['explain', 'leaves/blocks/network.cfg:1']);
  expect(stdout.split('\n').slice(1)).toEqual([
    '  becomes no line of any of 28 flat kickstarts',
    '  blank lines and comments stay in the leaves',
  ]);
});

test('a stale flat kickstart is not explained', async () => {
  await using workspace = await testWorkspace();
  const flat = join(workspace.root, 'flat/flat-l.cfg');
  await writeFile(flat, `# one line more\n${await readFile(flat, 'utf8')}`);
  const { exitCode, stdout, stderr } = await workspace.phyllome(['explain', 'flat/flat-l.cfg:4']);
  expect(stdout).toBe('');
  expect(stderr).toContain('error[FLAT_STALE] flat/flat-l.cfg differs from leaves/l.cfg in line 1');
  expect(exitCode).toBe(1);
});

test('a copy is explained by its map, as long as it is the text the map was made for', async () => {
  await using workspace = await testWorkspace();
  await workspace.phyllome(['flatten', 'l']);
  const copy = async (name: string): Promise<void> =>
    writeFile(
      join(workspace.root, name.replace('flat/flat-l', 'copy')),
      await readFile(join(workspace.root, name), 'utf8'),
    );
  await copy('flat/flat-l.cfg');
  await copy('flat/flat-l.cfg.map.json');
  expect((await workspace.phyllome(['explain', 'copy.cfg:4'])).stdout).toContain('leaves/blocks/security.cfg:4:1');
  await appendFile(join(workspace.root, 'copy.cfg'), '\n');
  const { exitCode, stderr } = await workspace.phyllome(['explain', 'copy.cfg:4']);
  expect(stderr).toContain('error[MAP_STALE]');
  expect(exitCode).toBe(1);
});

test.each([['flat/flat-l.cfg'], ['flat/flat-l.cfg:9999'], ['gone.cfg:1'], ['nx.json:1']])(
  'explain %s is a usage error',
  async (place) => {
    await using workspace = await testWorkspace();
    const { exitCode, stderr } = await workspace.phyllome(['explain', place]);
    expect(stderr).toContain('error[BAD_PLACE]');
    expect(exitCode).toBe(2);
  },
);

test('flatten --check names every stale flat kickstart, and the leaf line that differs', async () => {
  await using workspace = await testWorkspace();
  const block = join(workspace.root, 'leaves/blocks/live/session-gnome.cfg');
  await writeFile(block, (await readFile(block, 'utf8')).replace('="gnome"', '="other"'));
  await rm(join(workspace.root, 'flat/flat-s.cfg'));
  const { exitCode, stdout, stderr } = await workspace.phyllome(['flatten', '--check']);
  expect(stderr).toMatch(
    /flat\/flat-ldhi\.cfg differs from leaves\/ldhi\.cfg in line (\d+)\n {2}\1 - echo 'livesys_session="gnome"'.*\n {2}\1 \+ echo 'livesys_session="other"'.*\n {2}comes from leaves\/blocks\/live\/session-gnome\.cfg:5:1\n {2}included from leaves\/ldhi\.cfg:\d+:1/,
  );
  expect(stderr).toContain('flat/flat-s.cfg does not exist');
  expect(stderr).toContain('error[FLAT_STALE] 5 of 28 flat kickstarts are not what their leaves flatten to');
  expect(stderr).toContain('hint: phyllome flatten ld ldh ldha ldhi s');
  expect(stdout).toContain('flat/flat-l.cfg: fresh');
  expect(exitCode).toBe(1);
});

test('diff shows how two editions differ in meaning', async () => {
  await using workspace = await testWorkspace();
  const { exitCode, stdout } = await workspace.phyllome(['diff', 'dhi', 'dha']);
  expect(stdout).toContain('--- leaves/dhi.cfg\n+++ leaves/dha.cfg');
  expect(stdout).toMatch(/kernel arguments\n {2}- intel_iommu=on {3}leaves\/blocks\/hypervisor\/intel\.cfg:2/);
  expect(stdout).toMatch(
    /scripts\n(?: {2}- .*\n)* {2}- %post, \d+ lines {3}leaves\/blocks\/hypervisor\/intel\.cfg:\d+\n {2}\+ %post/,
  );
  expect(stdout).not.toContain('packages\n');
  expect(exitCode).toBe(0);
  expect((await workspace.phyllome(['diff', 'dhi', 'dha', '--exit-code'])).exitCode).toBe(1);
  const same = await workspace.phyllome(['diff', 'dhi', 'flat/flat-dhi.cfg', '--exit-code']);
  expect(same.stdout).toBe('leaves/dhi.cfg and flat/flat-dhi.cfg mean the same');
  expect(same.exitCode).toBe(0);
  const json = JSON.parse((await workspace.phyllome(['diff', 'l', 'ld', '--format', 'json'])).stdout);
  expect(json.packages).toContainEqual(expect.objectContaining({ what: 'gdm' }));
  expect((await workspace.phyllome(['diff', 'l', './gone.ks'])).exitCode).toBe(2);
});

test('flatten --comments keeps comments, and such a flat kickstart is fresh, and explained', async () => {
  await using workspace = await testWorkspace();
  const flat = join(workspace.root, 'flat/flat-l.cfg');
  const before = await readFile(flat, 'utf8');
  expect((await workspace.phyllome(['flatten', 'l', '--comments'])).exitCode).toBe(0);
  const lines = (await readFile(flat, 'utf8')).split('\n');
  const line = lines.indexOf('# No password for root, SELinux enforcing, and only multicast DNS let in.') + 1;
  expect(line).toBeGreaterThan(0);
  expect((await workspace.phyllome(['validate', 'l'])).exitCode).toBe(0);
  const { stdout } = await workspace.phyllome(['explain', `flat/flat-l.cfg:${line}`]);
  expect(stdout).toContain('comes from leaves/blocks/security.cfg:1:1');
  expect((await workspace.phyllome(['flatten', 'l'])).stdout).toContain('written');
  expect(await readFile(flat, 'utf8')).toBe(before);
});

test('a file that is not UTF-8, or not a file, is reported instead of being read wrongly', async () => {
  await using workspace = await testWorkspace();
  const leaf = join(workspace.root, 'leaves/l.cfg');
  const text = await readFile(leaf);
  await writeFile(leaf, Buffer.concat([Buffer.from('lang C\nkeyboard "'), Buffer.from([0xe9]), Buffer.from('"\n')]));
  const latin1 = await workspace.phyllome(['flatten', 'l']);
  expect(latin1.stderr).toContain('error[FILE_NOT_UTF8] leaves/l.cfg:2 has bytes that are not UTF-8');
  expect(latin1.exitCode).toBe(1);
  await writeFile(leaf, Buffer.concat([text, Buffer.from('%include blocks\n')]));
  const directory = await workspace.phyllome(['flatten', 'l']);
  expect(directory.stderr).toContain('error[KS_INCLUDE_NOT_FOUND]');
  expect(directory.exitCode).toBe(1);
});

test('any kickstart is flattened and checked, for any release, with includes from a search path', async () => {
  await using workspace = await testWorkspace();
  const at = (name: string): string => join(workspace.root, name);
  await mkdir(at('parts/more'), { recursive: true });
  await writeFile(at('my.ks'), '%include more.ks\nvnc --password=x\n');
  await writeFile(at('parts/more/more.ks'), 'lang en_US.UTF-8\n');
  const missing = await workspace.phyllome(['flatten', 'my.ks', '--release', 'F44']);
  expect(missing).toMatchObject({ exitCode: 1, stdout: '' });
  expect(missing.stderr).toContain('error[KS_INCLUDE_NOT_FOUND] my.ks:1:10');

  const flat = await workspace.phyllome(['flatten', 'my.ks', '-I', 'parts', '-I', 'parts/more', '--release', 'f42']);
  expect(flat).toMatchObject({ exitCode: 0, stderr: '' });
  expect(flat.stdout).toMatch(
    /^# Generated[^\n]*\n#version=F42\n# System language\nlang en_US.UTF-8\nvnc --password=x/,
  );

  const written = ['flatten', 'my.ks', '-I', 'parts/more', '--release', 'F42', '-o', 'out.ks'];
  expect((await workspace.phyllome(written)).exitCode).toBe(0);
  expect(`${flat.stdout}\n`).toBe(await readFile(at('out.ks'), 'utf8'));
  expect((await workspace.phyllome(['explain', 'out.ks:4'])).stdout).toContain('parts/more/more.ks:1:1');

  const removed = await workspace.phyllome(['validate', 'my.ks', '-I', 'parts/more', '--release', 'F45']);
  expect(removed.exitCode).toBe(1);
  expect(removed.stderr).toContain('error[KS_REMOVED_COMMAND] my.ks:2:1');
  const valid = await workspace.phyllome(['validate', 'my.ks', '-I', 'parts/more', '--release', 'RHEL9']);
  expect(valid).toMatchObject({ exitCode: 0, stdout: 'my.ks: valid for RHEL9' });
  const unknown = await workspace.phyllome(['validate', 'my.ks', '--release', 'F46']);
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stderr).toContain('error[KS_UNKNOWN_RELEASE] there is no release F46');
  expect((await workspace.phyllome(['flatten', 'l', '-o', 'x'])).exitCode).toBe(2);
});

test('many kickstarts are validated at once, for live media too, and as JSON', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'phyllome-cli-test-'));
  await writeFile(join(directory.path, 'a.ks'), 'lang C\n');
  await writeFile(join(directory.path, 'b.ks'), 'lnag C\n');
  const run = (...args: string[]) => runPhyllome(directory.path, ['validate', ...args]);
  const both = await run('b.ks', 'a.ks', '--release', 'F44');
  expect(both.stdout).toBe('a.ks: valid for F44');
  expect(both.stderr.match(/error\[KS_UNKNOWN_COMMAND\] b\.ks:1:1/gu)).toHaveLength(1);
  expect(both.stderr).toContain('1 of 2 kickstarts is not valid');
  expect(both.exitCode).toBe(1);
  const json = await run('a.ks', 'b.ks', '--json');
  expect(json.exitCode).toBe(1);
  expect(json.stderr).toBe('');
  expect(JSON.parse(json.stdout)).toMatchObject({
    error: { code: 'KS_UNKNOWN_COMMAND', message: '1 of 2 kickstarts is not valid' },
    kickstarts: [
      { path: 'a.ks', valid: true, diagnostics: [] },
      { path: 'b.ks', valid: false, diagnostics: [{ code: 'KS_UNKNOWN_COMMAND' }] },
    ],
  });
  const live = await run('a.ks', '--live');
  expect(live.stderr).toContain('error[KS_LIVE_DRACUT] a.ks:1:1');
  expect(live.exitCode).toBe(1);
});

test('kickstarts named by their paths need no checkout, and leaves do', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'phyllome-cli-test-'));
  await writeFile(join(directory.path, 'my.ks'), 'text\nrootpw --lock\n');
  const run = (...args: string[]) => runPhyllome(directory.path, args);
  for (const args of [
    ['flatten', './my.ks'],
    ['validate', './my.ks'],
    ['lint', './my.ks'],
    ['diff', './my.ks', './my.ks'],
  ])
    expect(await run(...args), args.join(' ')).toMatchObject({ exitCode: 0 });
  expect(await run('flatten', './my.ks', '-o', 'flat.ks')).toMatchObject({ exitCode: 0 });
  expect((await run('explain', 'flat.ks:4')).stdout).toContain('comes from my.ks:1:1 | text');
  const unmapped = await run('explain', './my.ks:1');
  expect(unmapped.stderr).toContain('error[BAD_PLACE] there is no source map my.ks.map.json');
  expect(unmapped.exitCode).toBe(2);
  for (const args of [['flatten', 'l'], ['lint'], ['diff', 'l', './my.ks'], ['test-vm', 'l']])
    expect(await run(...args), args.join(' ')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('NOT_A_WORKSPACE'),
    });
});
