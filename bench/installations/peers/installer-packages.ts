import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { editionArchitecture } from '@phyllome/host/architecture';
import { execa } from 'execa';
import { suite } from '../../../packages/rehearsal/src/install/archives.ts';
import type { Mirror } from './mirror.ts';

/** Where Debian's installer finds its own packages on the mirror: a suite beside Debian's. */
export const INSTALLER_SUITE = 'installer';

const { debian } = editionArchitecture;
const INDEX = `main/debian-installer/binary-${debian}/Packages`;

/** Fields of a package in an index. */
type Fields = Readonly<Record<string, string>>;

/** A package of the installer made of Debian's own packages, which have the same programs and modules. */
interface Counterpart {
  fields: Fields;
  of: readonly string[];
  /** What of those goes into it. */
  paths: readonly string[];
}

/**
 * Gives the installer a suite of those of its packages that the archive has, with an index that lists no others. It gives
 * up when it cannot fetch one, and an archive behind a cache may name packages that it lacks, in an index that is older
 * than the installer's kernel, and other than the one that was signed. What no installation can do without is made of
 * Debian's own packages then.
 *
 * @param kernel of the installer
 * @param download fetches the files of Debian's packages to a folder
 */
export async function serveInstallerPackages(
  mirror: Mirror,
  {
    kernel,
    folder,
    download,
  }: {
    kernel: string;
    folder: string;
    download: (names: readonly string[], folder: string) => Promise<void>;
  },
): Promise<void> {
  const version = versionOf(await readFile(kernel));
  const packages: Fields[] = [];
  for (const fields of await listed(mirror)) {
    const of = fields['Kernel-Version'] ?? version;
    if (of === version && (await mirror.keep(fields['Filename'] ?? ''))) packages.push(fields);
  }
  for (const { fields, of, paths } of counterparts(version)) {
    // A kernel's modules are in many packages, of which an archive has all or none.
    const key = fields['Kernel-Version'] === undefined ? 'Package' : 'Kernel-Version';
    if (packages.some((one) => one[key] === fields[key])) continue;
    const at = join(folder, fields['Package'] ?? '');
    await mkdir(at, { recursive: true });
    await download(of, at);
    const made = await makePackage(at, fields, paths);
    const path = `pool/made/${fields['Package']}.udeb`;
    mirror.serve(`/debian/${path}`, made);
    packages.push({
      ...fields,
      Filename: path,
      Size: String(made.length),
      MD5sum: digest('md5', made),
      SHA256: digest('sha256', made),
    });
  }
  const index = packages.map((fields) => paragraph(fields)).join('\n');
  const at = `/debian/dists/${INSTALLER_SUITE}`;
  mirror.serve(`${at}/${INDEX}`, index);
  mirror.serve(
    `${at}/Release`,
    `Codename: ${INSTALLER_SUITE}\nComponents: main\nSHA256:\n ${digest('sha256', index)} ${Buffer.byteLength(index)} ${INDEX}\n`,
  );
}

/** What the installer needs for one disk with a FAT and an ext4 file system in a virtual machine that starts by UEFI. */
function counterparts(kernel: string): Counterpart[] {
  const modules = [
    'drivers/block',
    // It does without RAID and LVM, but stops where the kernel does not know them.
    'drivers/md',
    'fs/ext4',
    'fs/jbd2',
    'fs/mbcache.ko.xz',
    'fs/fat',
    'fs/nls',
    'fs/efivarfs',
    'crypto/crc32c_generic.ko.xz',
    'lib',
  ];
  const own = { Version: '1', Architecture: debian, Maintainer: 'this bench', Section: 'debian-installer' };
  return [
    {
      fields: { Package: 'e2fsprogs-udeb', ...own, Priority: 'optional', Description: 'programs of ext4' },
      of: ['e2fsprogs', 'libext2fs2t64', 'libcom-err2', 'libss2'],
      paths: ['usr/sbin', 'usr/lib/x86_64-linux-gnu', 'etc/mke2fs.conf'],
    },
    {
      fields: {
        Package: `disk-modules-${kernel}-di`,
        ...own,
        Provides: 'ext2-modules, ext3-modules, ext4-modules, fat-modules, efi-modules, md-modules',
        'Kernel-Version': kernel,
        Priority: 'standard',
        Description: "the kernel's modules for a disk",
      },
      of: [`linux-image-${kernel}`],
      paths: modules.map((name) => `usr/lib/modules/${kernel}/kernel/${name}`),
    },
  ];
}

/** Makes a package of what is at some paths in the packages of a folder. */
async function makePackage(folder: string, fields: Fields, paths: readonly string[]): Promise<Buffer> {
  const [from, root, made] = [join(folder, 'from'), join(folder, 'root'), join(folder, 'made.udeb')];
  for (const name of await readdir(folder))
    if (name.endsWith('.deb')) await execa('dpkg-deb', ['--extract', name, from], { cwd: folder });
  await mkdir(join(root, 'DEBIAN'), { recursive: true });
  await writeFile(join(root, 'DEBIAN/control'), paragraph(fields));
  for (const path of paths) await cp(join(from, path), join(root, path), { recursive: true, verbatimSymlinks: true });
  await execa('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--build', root, made]);
  return await readFile(made);
}

/** What the archive's index of the installer's packages lists. */
async function listed(mirror: Mirror): Promise<Fields[]> {
  const path = `dists/${suite}/${INDEX}.xz`;
  const response = await fetch(`http://127.0.0.1:${mirror.port}/debian/${path}`);
  if (!response.ok) throw new Error(`the archive has no ${path}`);
  const input = Buffer.from(await response.arrayBuffer());
  const { stdout } = await execa('xz', ['--decompress', '--stdout'], { input });
  return stdout
    .split('\n\n')
    .filter(Boolean)
    .map((text) => Object.fromEntries([...text.matchAll(/^(\S+): (.*)$/gmu)].map(([, name, value]) => [name, value])));
}

const paragraph = (fields: Fields): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');

const digest = (algorithm: 'md5' | 'sha256', data: Buffer | string): string =>
  createHash(algorithm).update(data).digest('hex');

/** The first word of what an x86 kernel's boot header says of itself (Documentation/arch/x86/boot.rst, `kernel_version`). */
function versionOf(kernel: Buffer): string {
  const at = kernel.readUInt16LE(0x20e) + 0x200;
  return kernel.toString('latin1', at, at + 256).split(/[ \0]/u)[0] ?? '';
}
