import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { type BuildIsoOptions, type Builder, type ContextFile, loraxBuilder } from '../../src/index.ts';

/** Volume id of the puppet's ISO. */
export const puppetVolid = 'Phyllome-puppet';

const here = import.meta.dirname;

/** A temporary directory for the length of a block. */
export async function temporaryDirectory(parent = tmpdir()): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(parent, 'iso-builder-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** An ISO, small but large enough for isomd5sum's fragments, with all that livemedia-creator's have: BIOS and UEFI entries, GPT, implanted checksum. It boots nothing. */
export async function makeIso(
  folder: string,
  name = 'puppet.iso',
  { files = {}, efiText = '' }: { files?: Readonly<Record<string, string>>; efiText?: string } = {},
): Promise<string> {
  const iso = join(folder, name);
  const content = join(folder, `${name}.content`);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(content, path)), { recursive: true });
    await writeFile(join(content, path), text);
  }
  await mkdir(join(content, 'boot'), { recursive: true });
  await writeFile(join(content, 'boot', 'bios.img'), Buffer.alloc(2048, 'bios'));
  await writeFile(join(content, 'filler'), Buffer.alloc(8_000_000, 'squashfs'));
  const efi = join(folder, `${name}.efi`);
  await writeFile(efi, efiText);
  await truncate(efi, 64 * 1024);
  for (const file of ['boot/bios.img', 'boot', 'filler', '.']) await utimes(join(content, file), 0, 0);
  const args = [
    '-as',
    'mkisofs',
    '-quiet',
    '-V',
    puppetVolid,
    '-o',
    iso,
    '-b',
    'boot/bios.img',
    '-no-emul-boot',
    '-boot-load-size',
    '4',
    '-eltorito-alt-boot',
    '-append_partition',
    '2',
    '0xef',
    efi,
    '-appended_part_as_gpt',
    '-e',
    '--interval:appended_partition_2:all::',
    '-no-emul-boot',
    content,
  ];
  // The same ISO in every run, so that the puppet's image is built once.
  await execa('xorriso', args, { env: { SOURCE_DATE_EPOCH: '1', TZ: 'UTC' } });
  await execa('implantisomd5', [iso]);
  return iso;
}

/** A menu in the form of lorax's (`config_files/x86/grub2-bios.cfg`), of an installer with this volume id. */
function installerMenu(linux: string): string {
  const kernel = `${linux} /images/pxeboot/vmlinuz inst.stage2=hd:LABEL=${puppetVolid}`;
  return `set default="1"
set timeout=60
search --no-floppy --set=root -l '${puppetVolid}'
menuentry 'Install Puppet 44' --class os {
\t${kernel} quiet
}
menuentry 'Test this media & install Puppet 44' --class os {
\t${kernel} rd.live.check quiet
}
submenu 'Troubleshooting -->' {
\tmenuentry 'Rescue a Puppet system' {
\t\t${kernel} inst.rescue quiet
\t}
}
`;
}

/** An installer's ISO with the menus of one. It boots nothing, and its partition for UEFI is the text of its menu. */
export const makeInstaller = (folder: string): Promise<string> =>
  makeIso(folder, 'installer.iso', {
    files: { 'boot/grub2/grub.cfg': installerMenu('linux'), 'EFI/BOOT/grub.cfg': installerMenu('linuxefi') },
    efiText: installerMenu('linuxefi'),
  });

/**
 * A builder without a distribution: a static busybox, and a script that plays livemedia-creator. No registry needed.
 */
export async function puppetBuilder(folder: string): Promise<Builder> {
  const iso = await makeIso(folder);
  const busybox = await findBusybox();
  const recorded = join(here, '..', 'recorded');
  const files: ContextFile[] = [
    { path: 'Containerfile', file: join(here, 'Containerfile') },
    { path: 'livemedia-creator', file: join(here, 'livemedia-creator'), mode: 0o755 },
    { path: 'mkksiso', file: join(here, 'mkksiso'), mode: 0o755 },
    { path: 'bin/busybox', file: busybox, mode: 0o755 },
    { path: 'puppet.iso', file: iso },
    ...(await readdir(recorded))
      .filter((name) => name.endsWith('.txt'))
      .map((name) => ({ path: `recorded/${name}`, file: join(recorded, name) })),
  ];
  const hash = createHash('sha256');
  for (const file of files) hash.update('file' in file ? await readFile(file.file) : '');
  return {
    name: 'puppet',
    contextDigest: `sha256:${hash.digest('hex')}`,
    privileges: loraxBuilder(join(here, '..', '..', '..', '..', 'containers'), {
      release: '44',
      base: `docker.io/library/fedora@sha256:${'0'.repeat(64)}`,
    }).privileges,
    context: () => Promise.resolve(files),
  };
}

/** A build in which the puppet does this. Its result goes to `<folder>/out/<action>`. */
export const puppetBuild = (folder: string, action: string) =>
  ({
    kickstart: `# puppet: ${action}\n`,
    destination: join(folder, 'out', action),
    isoName: 'phyllome-puppet.iso',
    volid: puppetVolid,
    project: 'Phyllome OS',
    releasever: '44',
    profile: 'draft',
    abortGraceMs: 3000,
  }) satisfies Partial<BuildIsoOptions>;

/** The static busybox of this machine. */
export async function findBusybox(): Promise<string> {
  const { stdout } = await execa('sh', ['-c', 'command -v busybox']).catch((cause: unknown) => {
    throw new Error('these tests need a static busybox on the PATH (package busybox-static, or busybox on Fedora)', {
      cause,
    });
  });
  return stdout;
}
