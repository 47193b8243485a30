/**
 * A system installed from the network: the firmware loads the installer of a rehearsal's medium by PXE and HTTP, with the
 * medium itself in its memory; what it installed starts from its disk, with no network.
 */
import { mkdir, mkdtempDisposable, open, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Machine, startMachine } from '@phyllome/vm-tester';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildInstallerMedium, emptyDisk } from '../installer-medium.ts';
import { testWorkspace } from '../workspace.ts';

const kickstart = `text
poweroff
url --url=http://example.invalid/
network --bootproto=dhcp --hostname=from-the-network
rootpw --lock
bootloader --timeout=1
zerombr
clearpart --all --initlabel
ignoredisk --only-use=vda
part biosboot --fstype=biosboot --size=1
part / --fstype=ext4 --size=2048 --grow
%packages --nocore --excludedocs
%end
`;

const sizeGiB = 4;
/** What is loaded and unpacked shows nothing of it, nor does an installer whose words are no milestones. */
const patience = { fixedMs: 1_200_000, scaledMs: 0 };

const resources = new AsyncDisposableStack();
/** What is served. */
let tree = '';
let label = '';

beforeAll(async () => {
  const workspace = resources.use(await testWorkspace());
  const iso = await buildInstallerMedium(workspace, 'net', kickstart);
  tree = join(workspace.root, 'tree');
  await mkdir(tree);
  const xorriso = ['-osirrox', 'on', '-indev', `stdio:${iso}`];
  const files = ['images/pxeboot/vmlinuz', 'images/pxeboot/initrd.img', 'images/payload.img'];
  await execa('xorriso', [
    ...xorriso,
    ...files.flatMap((path) => ['-extract', `/${path}`, join(tree, basename(path))]),
  ]);
  const { stdout } = await execa('xorriso', [...xorriso, '-pvd_info']);
  const volume = /^Volume Id +: (?<label>\S+)/mu.exec(stdout)?.groups?.['label'];
  if (volume === undefined) throw new Error(`the medium has no volume id:\n${stdout}`);
  label = volume;
  await execa('cp', ['--reflink=auto', iso, join(tree, 'medium.iso')]);
}, 1_200_000);

afterAll(() => resources.disposeAsync());

/** A script of iPXE's. dracut(7) takes a medium in its initramfs, where iPXE puts what has a path. */
const script = (more: readonly string[]): string => `#!ipxe
kernel vmlinuz root=live:/medium.iso rd.retry=20 inst.stage2=hd:LABEL=${label} inst.ks=hd:LABEL=${label}:/ks.cfg console=ttyS0
initrd initrd.img
${more.map((line) => `${line}\n`).join('')}boot
`;

/** The installer, from the network, with an empty disk. */
async function startInstaller(bootFile: string, disk: string): Promise<Machine> {
  return await startMachine({
    image: { netboot: tree, bootFile, by: 'http', medium: { disk, format: 'raw', keep: true } },
    instrument: 'screen',
    readyWhen: { console: /Complete!/u },
    memoryMiB: 3072,
    budgets: {
      firmware: patience,
      bootloader: patience,
      kernel: patience,
      initrd: patience,
      'switch-root': patience,
      userspace: patience,
    },
    queue: true,
  });
}

test('the system on the medium has no name: not that of the container in which it was made', async () => {
  const { stdout } = await execa('unsquashfs', ['-lls', join(tree, 'payload.img'), 'etc/passwd', 'etc/hostname']);
  expect(stdout).toContain('/etc/passwd');
  expect(stdout).not.toContain('/etc/hostname');
});

test('is installed, and starts without it', async () => {
  await using at = await mkdtempDisposable(join(tmpdir(), 'phyllome-net-'));
  const disk = join(at.path, 'disk');
  await emptyDisk(disk, sizeGiB);
  await writeFile(join(tree, 'boot.ipxe'), script(['initrd medium.iso /medium.iso']));
  {
    await using installer = await startInstaller('boot.ipxe', disk);
    expect(await installer.boot()).toMatchObject({ status: 'accepted' });
    expect(await installer.conclude()).toMatchObject({ status: 'accepted' });
  }
  await using installed = await startMachine({ image: { disk, format: 'raw' }, firmware: 'bios', queue: true });
  expect(await installed.boot()).toMatchObject({ status: 'accepted' });
  expect(await installed.settle()).toEqual([]);
  expect(await installed.succeed('cat /etc/hostname')).toBe('from-the-network');
  expect(await installed.conclude()).toMatchObject({ status: 'accepted' });
});

test('is not, where the script forgets the medium, and the disk stays empty', async () => {
  await using at = await mkdtempDisposable(join(tmpdir(), 'phyllome-net-'));
  const disk = join(at.path, 'disk');
  await emptyDisk(disk, sizeGiB);
  await writeFile(join(tree, 'forgetful.ipxe'), script([]));
  await using installer = await startInstaller('forgetful.ipxe', disk);
  expect(await installer.boot()).toMatchObject({ status: 'rejected', phase: 'initrd', cause: 'root-not-found' });
  await using file = await open(disk);
  const { buffer } = await file.read(Buffer.alloc(2 ** 20), 0, 2 ** 20, 0);
  expect(buffer.every((byte) => byte === 0)).toBe(true);
});
