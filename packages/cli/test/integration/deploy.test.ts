import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testWorkspace } from '../workspace.ts';

test('deploy prints the command that installs an edition', async () => {
  await using at = await testWorkspace();
  const { exitCode, stdout } = await at.phyllome(['deploy', 'dhi', '--memory', '8192', '--', '--tpm', 'none']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^virt-install \\\n {2}--connect qemu:\/\/\/system \\\n/u);
  expect(stdout).toContain('--memory 8192');
  expect(stdout).toContain(`--initrd-inject ${join(at.root, 'flat/flat-dhi.cfg')}`);
  expect(stdout).toContain('--extra-args inst.ks=file:/flat-dhi.cfg');
  expect(stdout).toMatch(/--tpm none$/u);
});

test('deploy prints the machine that QEMU alone would run, and starts none', async () => {
  await using at = await testWorkspace();
  const [fedora, rehearsal] = await Promise.all(
    ['fedora', 'rehearsal'].map((builder) =>
      at.phyllome(['deploy', 'sh', '--with', 'qemu', '--dry-run'], { PHYLLOME_BUILDER: builder }),
    ),
  );
  expect(fedora?.exitCode, fedora?.all).toBe(0);
  expect(fedora?.stdout).toContain("-append 'inst.ks=file:/flat-sh.cfg inst.stage2=https://");
  expect(rehearsal?.stdout).toContain("-append 'inst.ks=file:/flat-sh.cfg inst.stage2=hd:LABEL=");
  expect(await readdir(at.root)).not.toContain('dist');
});

test.each([
  ['an edition that nobody knows', ['x'], 2, 'UNKNOWN_EDITION'],
  ['a live leaf, which installs nothing', ['ldhi'], 2, 'UNKNOWN_EDITION'],
  ['a disk too small for the partitions', ['dhi', '--disk-size', '5'], 2, 'DISK_SIZE_INVALID'],
  ['a passphrase that nobody would type', ['s-encrypted', '--with', 'qemu'], 2, 'KICKSTART_UNSUITABLE'],
  ['a medium that was not built', ['s', '--with', 'qemu'], 2, 'NO_IMAGE'],
  ['a source that is none', ['s', '--with', 'qemu', '--source', '/nowhere'], 2, 'SOURCE_INVALID'],
  ['an ISO without a checksum', ['s', '--source', 'https://example.invalid/x.iso'], 2, 'CHECKSUM_WRONG'],
  ['options that QEMU does not get', ['s', '--with', 'qemu', '--', '--tpm', 'none'], 2, 'BAD_OPTION'],
])('deploy refuses %s', async (_, args, status, code) => {
  await using at = await testWorkspace();
  const { exitCode, stderr } = await at.phyllome(['deploy', ...args]);
  expect(stderr).toContain(`error[${code}]`);
  expect(stderr).toContain('hint: ');
  expect(exitCode).toBe(status);
  expect(await readdir(at.root)).not.toContain('dist');
});

test('deploy does not hand a disk that is there to virt-install, which would have it cleared', async () => {
  await using at = await testWorkspace();
  const disk = join(at.root, 'precious.img');
  await writeFile(disk, 'precious');
  const deploy = ['deploy', 's', '--with', 'virt-install', '--disk', disk];
  const refused = await at.phyllome(deploy, { PATH: '/nowhere' });
  expect(refused.stderr).toContain(`error[DISK_EXISTS] ${disk} exists`);
  expect(refused.exitCode).toBe(2);
  // It would go on with these; there is no virt-install to go on with.
  for (const more of ['--replace', '--connect=qemu+ssh://host/system'])
    expect((await at.phyllome([...deploy, more], { PATH: '/nowhere' })).stderr).toContain('error[PROGRAM_MISSING]');
});

test('deploy names the packages of this distribution when virt-install is missing', async () => {
  await using at = await testWorkspace();
  const { exitCode, stderr } = await at.phyllome(['deploy', 's', '--with', 'virt-install'], { PATH: '/nowhere' });
  expect(stderr).toMatch(/error\[PROGRAM_MISSING\] virt-install is not on the PATH.*\n +hint: .*virt-?inst/u);
  expect(exitCode).toBe(3);
});

test('deploy refuses a flat kickstart that is not what its leaf says', async () => {
  await using at = await testWorkspace();
  const flat = join(at.root, 'flat/flat-s.cfg');
  await writeFile(flat, `${await readFile(flat, 'utf8')}\nskipx\n`);
  const { exitCode, stderr } = await at.phyllome(['deploy', 's']);
  expect(stderr).toContain('error[FLAT_STALE]');
  expect(exitCode).toBe(1);
});

test('test-vm reports when an edition is not installed', async () => {
  await using at = await testWorkspace();
  const { exitCode, stderr } = await at.phyllome(['test-vm', 'install-s']);
  expect(stderr).toMatch(/error\[NO_IMAGE\] s is not installed.*\n +hint: phyllome deploy s --with qemu/u);
  expect(exitCode).toBe(2);
});
