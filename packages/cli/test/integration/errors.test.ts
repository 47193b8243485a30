import { mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { main, testWorkspace } from '../workspace.ts';

test('an unknown edition is a usage error that lists the editions', async () => {
  await using workspace = await testWorkspace();
  const { exitCode, stderr } = await workspace.phyllome(['build', 'nope']);
  expect(stderr).toContain('error[UNKNOWN_EDITION] there is no edition "nope"');
  expect(stderr).toMatch(/hint: editions here: .*\bdhi\b/);
  expect(exitCode).toBe(2);
});

test('what an unknown name may have meant is printed before what there is', async () => {
  await using workspace = await testWorkspace();
  const cases: [string[], string][] = [
    [['build', 'ldhi'], 'did you mean dhi? editions here:'],
    [['build', 'iso-dhi'], 'did you mean dhi?'],
    [['build', 'dih'], 'did you mean dhi?'],
    [['build', 'DHI'], 'did you mean dhi?'],
    // As near to dh as to dhi.
    [['build', 'dhj'], 'hint: editions here:'],
    [['build', 'dhi-encrypted'], 'dhi-encrypted has no ISO, it is installed: phyllome deploy dhi-encrypted'],
    [['deploy', 'ldhi'], 'did you mean dhi?'],
    [['flatten', 'iso-dhi'], 'did you mean ldhi? leaves here:'],
    [['flatten', 'install-dhi'], 'did you mean dhi?'],
    [['flatten', 'ldho'], 'hint: leaves here:'],
    [['flatten', 'dhi-encryptd'], 'did you mean dhi-encrypted?'],
    [['flatten', 'x'], 'hint: leaves here:'],
  ];
  for (const [args, hint] of cases) {
    const { exitCode, stderr } = await workspace.phyllome(args);
    expect(stderr).toContain(hint);
    expect(exitCode, args.join(' ')).toBe(2);
  }
});

test('a path that is there, and is not what is wanted, is a usage error that says why', async () => {
  await using workspace = await testWorkspace();
  await writeFile(join(workspace.root, 'my.ks'), 'text\n');
  await execa('mkfifo', [join(workspace.root, 'pipe.ks')]);
  const cases: [string[], string][] = [
    [['flatten', './leaves'], 'error[UNKNOWN_LEAF] ./leaves is a directory'],
    [['lint', './pipe.ks'], 'error[UNKNOWN_LEAF] ./pipe.ks is no regular file'],
    [['lint', 'l', '-I', 'gone'], 'error[BAD_OPTION] --include gone: no such directory'],
    [['lint', 'l', '-I', 'nx.json'], 'error[BAD_OPTION] --include nx.json: not a directory'],
    [['explain', 'leaves/blocks:1'], 'error[BAD_PLACE] leaves/blocks is a directory'],
    [['check-console', 'leaves'], 'error[BAD_PLACE] cannot read leaves: it is a directory'],
    [['check-console', 'gone.log'], 'error[BAD_PLACE] cannot read gone.log: no such file'],
    [['test-vm', './leaves'], 'error[ISO_NOT_FOUND]'],
    [['up', './leaves'], 'error[ISO_NOT_FOUND]'],
    [['flatten', 'my.ks', '-o', 'nx.json/flat.ks'], 'error[EEXIST] cannot mkdir'],
    [['validate', 'l', '--release', 'F44'], 'hint: name a path: phyllome validate my.ks'],
  ];
  for (const [args, message] of cases) {
    const { exitCode, stderr } = await workspace.phyllome(args);
    expect(stderr).toContain(message);
    expect(stderr).toContain('hint: ');
    expect(exitCode, args.join(' ')).toBe(2);
  }
});

test('a problem is reported once, and several are counted', async () => {
  await using workspace = await testWorkspace();
  await writeFile(join(workspace.root, 'one.ks'), 'lnag C\n');
  expect((await workspace.phyllome(['flatten', 'one.ks'])).stderr.match(/error\[/gu)).toHaveLength(1);
  await writeFile(join(workspace.root, 'two.ks'), 'lnag C\nkebyoard us\n');
  const { stderr, exitCode } = await workspace.phyllome(['flatten', 'two.ks']);
  expect(stderr.match(/error\[/gu)).toHaveLength(2);
  expect(stderr).toMatch(/2 errors$/u);
  expect(exitCode).toBe(1);
});

test('a leaf that is broken keeps no other from being flattened, and a block that is broken is reported once', async () => {
  await using workspace = await testWorkspace();
  const at = (name: string): string => join(workspace.root, name);
  await writeFile(at('leaves/d.cfg'), 'lnag C\n');
  await rm(at('flat/flat-s.cfg'));
  const one = await workspace.phyllome(['flatten']);
  expect(one.stderr).toContain('error[KS_UNKNOWN_COMMAND] leaves/d.cfg:1:1');
  expect(one.stdout).toContain('flat/flat-s.cfg: written');
  expect(one.exitCode).toBe(1);
  await writeFile(at('leaves/blocks/server.cfg'), 'lnag C\n');
  for (const command of [['flatten'], ['validate']]) {
    const { stderr, exitCode } = await workspace.phyllome(command);
    expect(stderr.match(/error\[KS_UNKNOWN_COMMAND\] leaves\/blocks\/server\.cfg:1:1/gu)).toHaveLength(1);
    expect(stderr).toContain('included from leaves/ls.cfg:7:1\n  hint: did you mean lang?\n  and in 11 more leaves');
    expect(stderr).toContain('error[FLAT_BROKEN] 13 of 28 leaves cannot be flattened');
    expect(exitCode).toBe(1);
  }
});

test('output that a full disk swallows is no success', async () => {
  await using workspace = await testWorkspace();
  await writeFile(join(workspace.root, 'my.ks'), 'text\n');
  const { exitCode, stderr } = await execa(
    'sh',
    ['-c', '"$@" >/dev/full', 'sh', process.execPath, main, 'flatten', 'my.ks'],
    {
      cwd: workspace.root,
      reject: false,
    },
  );
  expect(stderr).toContain('standard output is incomplete\nerror[ENOSPC] cannot write: no space left on the disk');
  expect(exitCode).toBe(3);
});

test('an unknown option and an unknown command are usage errors', async () => {
  await using workspace = await testWorkspace();
  expect((await workspace.phyllome(['build', 'l', '--profile', 'nope'])).exitCode).toBe(2);
  expect((await workspace.phyllome(['bild'])).exitCode).toBe(2);
  expect((await workspace.phyllome(['--help'])).exitCode).toBe(0);
});

test('a missing include names its place and the chain that leads there', async () => {
  await using workspace = await testWorkspace();
  await writeFile(join(workspace.root, 'leaves/blocks/outer.cfg'), '# a block\n%include gone.cfg\n');
  await writeFile(join(workspace.root, 'leaves/l.cfg'), '%include blocks/outer.cfg\n');
  const { exitCode, stderr } = await workspace.phyllome(['flatten', 'l']);
  expect(stderr).toContain('leaves/blocks/outer.cfg:2:10');
  expect(stderr).toContain('included from leaves/l.cfg:1');
  expect(exitCode).toBe(1);
});

test('a syntax error names leaf, line and column, and leaves the flat kickstart alone', async () => {
  await using workspace = await testWorkspace();
  const flat = join(workspace.root, 'flat/flat-l.cfg');
  const before = await readFile(flat, 'utf8');
  await writeFile(join(workspace.root, 'leaves/l.cfg'), 'lang en_US.UTF-8\nrootpw "never closed\n');
  const { exitCode, stderr } = await workspace.phyllome(['flatten', 'l']);
  expect(stderr).toContain('leaves/l.cfg:2:8');
  expect(stderr).toContain('hint:');
  expect(exitCode).toBe(1);
  expect(await readFile(flat, 'utf8')).toBe(before);
});

test('a stale flat kickstart stops a build before an engine is asked for', async () => {
  await using workspace = await testWorkspace();
  await writeFile(join(workspace.root, 'flat/flat-l.cfg'), 'lang fr_CH.UTF-8\n');
  const { exitCode, stderr } = await workspace.phyllome(['image', 'l'], { DOCKER_HOST: 'unix:///nonexistent.sock' });
  expect(stderr).toContain('error[FLAT_STALE] flat/flat-l.cfg differs from leaves/l.cfg in line 1');
  expect(stderr).toContain('hint: phyllome flatten l');
  expect(exitCode).toBe(1);
});

test('a live leaf that livemedia-creator would refuse is refused before the build', async () => {
  await using workspace = await testWorkspace();
  const leaf = join(workspace.root, 'leaves/l.cfg');
  await writeFile(leaf, `${await readFile(leaf, 'utf8')}text\n`);
  const { exitCode, stderr } = await workspace.phyllome(['flatten', 'l']);
  expect(stderr).toContain('error[LIVE_REFUSED]');
  expect(stderr).toMatch(/leaves\/l\.cfg:\d+:1/);
  expect(exitCode).toBe(1);
});

test('no engine says what was tried and what to do', async () => {
  await using workspace = await testWorkspace();
  const { exitCode, stderr } = await workspace.phyllome(['image', 'l'], {
    PHYLLOME_ENGINE: 'podman',
    DOCKER_HOST: undefined,
    CONTAINER_HOST: undefined,
    XDG_RUNTIME_DIR: join(workspace.root, 'no-runtime-dir'),
    PATH: join(workspace.root, 'empty-path'),
  });
  expect(stderr).toContain('error[ENGINE_NOT_FOUND]');
  expect(stderr).toContain('hint:');
  expect(exitCode).toBe(3);
});

test('an engine that was asked for and does not answer is named', async () => {
  await using workspace = await testWorkspace();
  const { exitCode, stderr } = await workspace.phyllome(['image', 'l'], { DOCKER_HOST: 'unix:///nonexistent.sock' });
  expect(stderr).toContain('error[ENGINE_UNREACHABLE]');
  expect(stderr).toContain('/nonexistent.sock');
  expect(exitCode).toBe(3);
});

test('too little disk is found before the build', async () => {
  await using workspace = await testWorkspace();
  const storage = join(workspace.root, 'leaves/blocks/live/storage.cfg');
  await writeFile(storage, (await readFile(storage, 'utf8')).replace(/--size=\d+/, '--size=999999999'));
  expect((await workspace.phyllome(['flatten', 'l'])).exitCode).toBe(0);
  const { exitCode, stderr } = await workspace.phyllome(['image', 'l']);
  expect(stderr).toContain('error[DISK_TOO_SMALL]');
  expect(stderr).toMatch(/has [\d.]+ GiB free, and [\d.]+ GiB are needed/);
  expect(exitCode).toBe(3);
});

test('a Fedora registry that cannot be reached says how to rehearse', async () => {
  await using workspace = await testWorkspace();
  const containerfile = join(workspace.root, 'containers/fedora/Containerfile');
  // Nothing listens on port 1: the same refusal as of a machine that cannot reach the real registry.
  await writeFile(containerfile, 'FROM 127.0.0.1:1/fedora:44\n');
  const { exitCode, stderr } = await workspace.phyllome(['image', 'l'], { PHYLLOME_BUILDER: 'fedora' });
  expect(stderr).toContain('error[REGISTRY_UNREACHABLE]');
  expect(stderr).toContain('PHYLLOME_BUILDER=rehearsal');
  expect(exitCode).toBe(3);
});

test('an unknown builder, and a release by the rehearsal builder, are usage errors', async () => {
  await using workspace = await testWorkspace();
  const unknown = await workspace.phyllome(['image', 'l'], { PHYLLOME_BUILDER: 'arch' });
  expect(unknown.stderr).toContain('error[BAD_OPTION] PHYLLOME_BUILDER is "arch"');
  expect(unknown.exitCode).toBe(2);
  const release = await workspace.phyllome(['image', 'l', '--profile', 'release']);
  expect(release.stderr).toContain('error[RELEASE_NEEDS_FEDORA]');
  expect(release.exitCode).toBe(2);
});

test('an edition without an ISO, and a file that is not there, cannot be tested', async () => {
  await using workspace = await testWorkspace();
  const edition = await workspace.phyllome(['test-vm', 'l']);
  expect(edition.stderr).toContain('error[NO_IMAGE]');
  expect(edition.stderr).toContain('hint: pnpm nx build iso-l');
  expect(edition.exitCode).toBe(2);
  const file = await workspace.phyllome(['test-vm', './gone.iso']);
  expect(file.stderr).toContain('error[ISO_NOT_FOUND]');
  expect(file.exitCode).toBe(2);
});

test('an ISO of another profile is not judged for the one that is asked for', async () => {
  await using workspace = await testWorkspace();
  const name = 'phyllome-l-44.iso';
  const sha256 = '0'.repeat(64);
  const dist = join(workspace.root, 'dist/iso-l');
  await mkdir(dist, { recursive: true });
  await writeFile(join(dist, name), 'an ISO');
  const image = { schema: 1, edition: 'l', name, volid: 'L', size: 6, sha256, kickstart: sha256, builder: 'rehearsal' };
  await writeFile(join(dist, 'image.json'), JSON.stringify({ ...image, rehearsal: true, profile: 'draft' }));
  const { exitCode, stderr } = await workspace.phyllome(['test-vm', 'l', '--profile', 'release']);
  expect(stderr).toContain('error[NO_IMAGE] the ISO in dist/iso-l is a draft, and a release is asked for');
  expect(stderr).toContain('hint: pnpm nx build iso-l --configuration=release');
  expect(exitCode).toBe(2);
});

test('without QEMU an ISO cannot be judged, and the error says how to get it', async () => {
  await using workspace = await testWorkspace();
  const iso = await makeIso(workspace.root);
  const { exitCode, stderr } = await workspace.phyllome(['test-vm', iso, '--firmware', 'bios'], {
    PATH: join(workspace.root, 'empty-path'),
  });
  expect(stderr).toContain('error[QEMU_MISSING]');
  expect(stderr).toContain('./setup');
  expect(exitCode).toBe(3);
});

test('a truncated ISO is rejected without a boot', async () => {
  await using workspace = await testWorkspace();
  const iso = await makeIso(workspace.root);
  await truncate(iso, (await stat(iso)).size / 2);
  const { exitCode, stdout } = await workspace.phyllome(['test-vm', iso, '--firmware', 'bios']);
  expect(stdout).toContain('bios: rejected: bad-media in phase preflight');
  expect(stdout).toContain('it is cut short');
  expect(exitCode).toBe(1);
});

/** A whole ISO with a boot image for BIOS that does nothing. */
async function makeIso(folder: string): Promise<string> {
  const content = join(folder, 'content');
  const iso = join(folder, 'some.iso');
  await mkdir(content);
  await writeFile(join(content, 'boot.img'), Buffer.alloc(2048, 'boot'));
  await writeFile(join(content, 'filler'), Buffer.alloc(1 << 20, 'filler'));
  await execa('xorriso', ['-as', 'mkisofs', '-quiet', '-o', iso, '-b', 'boot.img', '-no-emul-boot', content]);
  return iso;
}
