import { cp, mkdir, mkdtempDisposable, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { runPhyllome } from '../workspace.ts';

/** As a distribution's tree is: live media of a base, with relative includes; translations; disk images; snippets. */
const distribution = {
  'spin-live-base.ks': `lang en_US.UTF-8
keyboard us
timezone US/Eastern
selinux --enforcing
rootpw --lock --iscrypted locked
network --bootproto=dhcp --device=link --activate
part / --size 5120 --fstype ext4
bootloader --location=none
shutdown
%include spin-repo.ks
%packages
@core
kernel
dracut-live
livesys-scripts
%end
`,
  'spin-repo.ks': 'url --mirrorlist=https://mirrors.example.org/mirrorlist?repo=fedora-42&arch=x86_64\n',
  'spin-live-gnome.ks': '# GNOME, live.\n%include spin-live-base.ks\n%packages\ngnome-shell\n%end\n',
  'spin-live-plasma.ks': '%include spin-live-base.ks\n%include snippets/gone.ks\n%packages\nplasma-desktop\n%end\n',
  'l10n/spin-live-gnome-fr.ks': '%include ../spin-live-gnome.ks\nlang fr_FR.UTF-8\n',
  'spin-disk-server.ks': '%include spin-repo.ks\nautopart\nreboot\n%packages\n@server-product\n%end\n',
  'snippets/cleanup.ks': '%post\nrm -f /var/lib/rpm/__db*\n%end\n',
  'setup.cfg': '[metadata]\nname = not-a-kickstart\n',
  'README.md': '# Spins\n',
};

async function tree(files: Record<string, string>): Promise<Awaited<ReturnType<typeof mkdtempDisposable>>> {
  const directory = await mkdtempDisposable(join(tmpdir(), 'phyllome-import-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory.path, 'tree', name)), { recursive: true });
    await writeFile(join(directory.path, 'tree', name), text);
  }
  return directory;
}

const runImport = (cwd: string, ...args: string[]) => runPhyllome(cwd, ['import', ...args], { CI: 'true' });

test('roots, blocks, kinds, release and missing includes of a tree are found by its content', async () => {
  await using directory = await tree(distribution);
  const { stdout, exitCode } = await runImport(directory.path, 'tree', '--dry-run', '--json');
  expect(exitCode).toBe(0);
  const { roots, blocks, missing, releases, findings, kickstarts } = JSON.parse(stdout);
  expect(kickstarts).not.toContain('setup.cfg');
  const found = roots.map((root: Record<string, string>) => `${root['kind']} ${root['edition']} ${root['path']}`);
  expect(found).toEqual([
    'live gnome-fr l10n/spin-live-gnome-fr.ks',
    'part undefined snippets/cleanup.ks',
    'install spin-disk-server spin-disk-server.ks',
    'live gnome spin-live-gnome.ks',
    'live plasma spin-live-plasma.ks',
  ]);
  expect(blocks).toContainEqual({ path: 'spin-live-base.ks', includedBy: 3 });
  expect(missing).toEqual([{ target: 'snippets/gone.ks', includedBy: ['spin-live-plasma.ks'] }]);
  expect(releases).toEqual([{ release: 'F42', roots: 4 }]);
  expect(findings).toContainEqual(
    expect.objectContaining({ code: 'KS_INCLUDE_NOT_FOUND', severity: 'error', count: 1 }),
  );
  expect(roots.find(({ path }: { path: string }) => path === 'spin-live-gnome.ks')).toMatchObject({
    title: 'GNOME, live',
    traits: ['desktop'],
    tools: ['ksflatten', 'livemedia-creator'],
  });
  expect(await readdir(directory.path)).toEqual(['tree']);
});

test('a workspace is made of it, in which what flattened before flattens still, and the tree stays as it was', async () => {
  await using directory = await tree(distribution);
  await cp(join(directory.path, 'tree'), join(directory.path, 'before'), { recursive: true });
  const made = await runImport(directory.path, 'tree', 'my-spins');
  expect(made.all).toContain('my-spins: a workspace with 3 leaves that flatten, and 1 that do not yet');
  expect(made.all).toMatch(/lplasma, of spin-live-plasma\.ks: .*no such file/u);
  const root = join(directory.path, 'my-spins');
  expect(await readFile(join(root, 'leaves/blocks/spin-live-base.ks'), 'utf8')).toBe(distribution['spin-live-base.ks']);
  expect(await readFile(join(root, 'leaves/lgnome.cfg'), 'utf8')).toBe(
    '# GNOME, live.\n%include blocks/spin-live-gnome.ks\n',
  );
  expect(JSON.parse(await readFile(join(root, 'release.json'), 'utf8'))).toMatchObject({ fedora: 42 });
  expect((await runPhyllome(root, ['flatten', '--check', 'lgnome'])).exitCode).toBe(0);
  const { editions } = JSON.parse((await runPhyllome(root, ['config', '--json'])).stdout).config;
  expect(editions.gnome).toEqual({ traits: ['desktop'] });
  expect((await execa('diff', ['-r', 'before', 'tree'], { cwd: directory.path })).stdout).toBe('');
});

test('release by where an Enterprise Linux comes from; templates and removed commands are said', async () => {
  await using directory = await tree({
    'el9-live.ks':
      'url --url=https://mirrors.example.org/almalinux/9/BaseOS/x86_64/os/\npart / --size=8192\n%packages\ndracut-live\n%end\n',
    'old.cfg': '#version=F42\nurl --url=http://example.org/\nauth --enableshadow\nautopart\n%packages\n%end\n',
    'host.ks': 'url --url={{ mirror }}\nnetwork --hostname={{ name }}\nautopart\n%packages\n%end\n',
  });
  const { stdout } = await runImport(directory.path, 'tree', '--dry-run', '--json');
  const { roots, findings, releases } = JSON.parse(stdout);
  expect(releases).toEqual([
    { release: 'RHEL9', roots: 1 },
    { release: 'F42', roots: 1 },
  ]);
  expect(roots.map(({ kind }: { kind: string }) => kind)).toEqual(['live', 'install', 'install']);
  const old = roots.find(({ path }: { path: string }) => path === 'old.cfg');
  expect(old.problem).toMatchObject({ code: 'KS_REMOVED_COMMAND', message: expect.stringContaining('old.cfg:3') });
  expect(roots.find(({ path }: { path: string }) => path === 'host.ks').tools).toContain('a template engine');
  expect(findings.map(({ code }: { code: string }) => code)).toContain('KS_TEMPLATE');
});

/** As trees of Enterprise Linux are: releases beside each other, of which each is whole. */
const enterprise = {
  '9/live-gnome.ks': `url --url=https://repo.example.org/almalinux/9/BaseOS/$basearch/os/
repo --name=appstream --baseurl=https://repo.example.org/almalinux/9/AppStream/$basearch/os/
repo --name=epel --baseurl=https://dl.example.org/pub/epel/9/Everything/$basearch/
timezone US/Eastern --utc
part / --size=8192
%packages
dracut-live
gnome-shell
%end
`,
  '10/live-gnome.ks': `url --url=https://repo.example.org/almalinux/10/BaseOS/$basearch/os/
part / --size=8192
%packages
dracut-live
%end
`,
  '10/live-kde.ks': `url --url=https://repo.example.org/almalinux/10/BaseOS/$basearch/os/
part / --size=8192
%packages
dracut-live
plasma-desktop
%end
`,
};

test('a tree of an Enterprise Linux becomes a workspace for it, whose leaves are read in its own dialect', async () => {
  await using directory = await tree(enterprise);
  const made = await runImport(directory.path, 'tree', 'my-spins', '--json');
  expect(made.exitCode, made.all).toBe(0);
  const { target, roots, releases } = JSON.parse(made.stdout);
  expect(target).toMatchObject({ distribution: 'almalinux', version: 10 });
  expect(releases).toEqual([
    { release: 'RHEL10', roots: 2 },
    { release: 'RHEL9', roots: 1 },
  ]);
  expect(new Set(roots.map((root: { distribution: string }) => root.distribution))).toEqual(new Set(['almalinux']));
  const root = join(directory.path, 'my-spins');
  expect(JSON.parse(await readFile(join(root, 'release.json'), 'utf8'))).toEqual({ almalinux: 10 });
  expect(await readdir(join(root, 'containers'))).toContain('almalinux');
  // The leaf of 9 among those of 10 is found by its repositories.
  const linted = await runPhyllome(root, ['lint', '--json']);
  const found = JSON.parse(linted.stdout).findings.filter(({ code }: { code: string }) => code === 'KSL_OTHER_RELEASE');
  expect(found.map(({ at, message }: { at: { path: string }; message: string }) => `${at.path}: ${message}`)).toEqual(
    Array.from({ length: 3 }, () => {
      return 'leaves/blocks/9/live-gnome.ks: this is of Enterprise Linux 9, and the leaves are for 10';
    }),
  );
});

test('what it is for can be said; it has to be, where a tree does not say whose Enterprise Linux it means', async () => {
  await using directory = await tree({
    'server.ks': '#version=RHEL9\nurl --url=http://example.org/os/\nautopart\n%packages\n%end\n',
  });
  const unsaid = await runImport(directory.path, 'tree', 'a');
  expect([unsaid.exitCode, unsaid.all]).toEqual([2, expect.stringContaining('--target almalinux:10')]);
  expect(await readdir(directory.path)).toEqual(['tree']);
  const made = await runImport(directory.path, 'tree', 'a', '--target', 'rocky:9');
  expect(made.all).toContain('a: a workspace with 1 leaves that flatten, for Rocky Linux 9');
  const both = await runImport(directory.path, 'tree', 'b', '--target', 'rocky:9', '--release', 'F44');
  expect(both.exitCode).toBe(2);
});

test('a hostile tree is read within bounds: no link, device, circle or binary file is a way out', async () => {
  await using directory = await tree({
    'a.ks': '%include b.ks\nurl --url=http://example.org/\nautopart\n%packages\n%end\n',
    'b.ks': '%include a.ks\n',
    'out.ks': '%include ../../../../../../etc/hostname\n%include /etc/passwd\nautopart\nurl --url=x\n%packages\n%end\n',
    "odd name';x.ks": 'autopart\nurl --url=http://example.org/\n%packages\n%end\n',
  });
  const at = (name: string): string => join(directory.path, 'tree', name);
  await symlink('/etc/passwd', at('link.ks'));
  await symlink('..', at('up'));
  await symlink('/dev/zero', at('zero.ks'));
  await execa('mkfifo', [at('fifo.ks')]);
  await writeFile(at('binary.ks'), Buffer.from([0x25, 0x00, 0xff, 0x0a]));
  await writeFile(at('huge.ks'), Buffer.alloc(5 * 2 ** 20, 'autopart\n'));
  const { stdout, exitCode } = await runImport(directory.path, 'tree', 'made', '--json');
  expect(exitCode).toBe(0);
  const { skipped, roots, left } = JSON.parse(stdout);
  expect(skipped).toEqual([
    { path: 'binary.ks', why: 'is not text in UTF-8' },
    { path: 'fifo.ks', why: 'is not a regular file' },
    { path: 'huge.ks', why: 'has more than 4 MiB' },
    { path: 'link.ks', why: 'is a symbolic link' },
    { path: 'zero.ks', why: 'is a symbolic link' },
  ]);
  expect(roots.map(({ path }: { path: string }) => path)).toContain('a.ks');
  expect(left).toEqual([expect.objectContaining({ path: "odd name';x.ks" })]);
  // Nothing of a file outside is in what is printed, or in the workspace.
  expect(stdout).not.toContain('root:x:');
  const { stdout: grepped } = await execa('grep', ['-r', '-l', 'root:x:', 'made'], {
    cwd: directory.path,
    reject: false,
  });
  expect(grepped).toBe('');
});

test.each([
  ['no kickstarts', { 'README.md': 'x' }, ['tree', '--dry-run'], 'NO_KICKSTARTS'],
  ['no directory for the workspace', distribution, ['tree'], 'BAD_ARGUMENTS'],
  ['a workspace in the tree', distribution, ['tree', 'tree/new'], 'BAD_ARGUMENTS'],
  ['no such tree', distribution, ['nothing', 'new'], 'BAD_ARGUMENTS'],
  ['a directory that is not empty', distribution, ['tree/l10n', 'tree'], 'NOT_EMPTY'],
])('%s is a usage error, and nothing is written', async (_, files: Record<string, string>, args, code) => {
  await using directory = await tree(files);
  const before = await readdir(directory.path, { recursive: true });
  const { all, exitCode } = await runImport(directory.path, ...args);
  expect([exitCode, all]).toEqual([2, expect.stringContaining(`error[${code}]`)]);
  expect(await readdir(directory.path, { recursive: true })).toEqual(before);
});
