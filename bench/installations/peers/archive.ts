import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { editionArchitecture } from '@phyllome/host/architecture';
import { execa } from 'execa';
import { suite } from '../../../packages/rehearsal/src/install/archives.ts';
import { serveInstallerPackages } from './installer-packages.ts';
import type { Mirror } from './mirror.ts';

/** Debian's installer for the network: a kernel and its initramfs. */
export interface Netboot {
  kernel: string;
  initrd: string;
}

const { debian } = editionArchitecture;

/** What Debian's installer installs in any case, beside what is asked for. */
const OWN = (
  '?priority(required) ?priority(important) grub-efi-amd64 grub-efi-amd64-signed shim-signed initramfs-tools busybox ' +
  'console-setup keyboard-configuration locales tasksel popularity-contest eject installation-report pciutils usbutils'
).split(' ');

/**
 * Fetches what both peers will ask the mirror for, so that no download is timed: the packages with all that they depend
 * on, those that Debian's installer adds, and the installer's own.
 *
 * @returns the installer, unpacked
 */
export async function fillMirror(mirror: Mirror, packages: readonly string[], folder: string): Promise<Netboot> {
  const apt = await openApt(mirror, folder);
  await apt('apt-get', ['update']);
  for (const names of [packages, [...withoutOwnWay(packages), ...OWN]]) {
    const said = await apt('apt-get', ['install', '--yes', '--print-uris', ...names]);
    for (const [, path = ''] of said.matchAll(/^'http:\/\/[^/]+\/debian\/([^']+)'/gmu))
      await mirror.keep(decodeURIComponent(path));
  }
  const found = await apt('apt-cache', ['pkgnames', 'debian-installer-']);
  const name = found
    .split('\n')
    .filter((one) => one.endsWith(`-netboot-${debian}`))
    .toSorted()
    .at(-1);
  if (name === undefined) throw new Error(`Debian ${suite} has no installer for ${debian}`);
  await apt('apt-get', ['download', name]);
  await execa('sh', ['-c', 'dpkg-deb --extract ./debian-installer-*.deb .'], { cwd: folder });
  const { stdout: kernel } = await execa('find', [
    join(folder, 'usr/lib/debian-installer'),
    '-path',
    '*/text/*',
    '-name',
    'linux',
  ]);
  await serveInstallerPackages(mirror, {
    kernel,
    folder: join(folder, 'made'),
    download: async (names, to) => void (await apt('apt-get', ['download', ...names], to)),
  });
  return { kernel, initrd: join(kernel, '../initrd.gz') };
}

/** Debian's installer has ways of its own for these: initramfs-tools and the signed GRUB, and a kernel of its choice. */
export const withoutOwnWay = (packages: readonly string[]): string[] =>
  packages.filter((name) => !/^(?:dracut|linux-(?:image|base)|grub)/u.test(name));

/** An apt of its own: one source, nothing installed, nothing of this machine's. */
async function openApt(mirror: Mirror, folder: string) {
  const at = (name: string): string => join(folder, name);
  for (const name of ['state/lists/partial', 'cache/archives/partial']) await mkdir(at(name), { recursive: true });
  await writeFile(at('status'), '');
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  await writeFile(
    at('sources.list'),
    `deb [signed-by=${keyring}] http://127.0.0.1:${mirror.port}/debian ${suite} main\n`,
  );
  const options = {
    'Dir::State': at('state'),
    'Dir::State::status': at('status'),
    'Dir::Cache': at('cache'),
    'Dir::Etc::sourcelist': at('sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'APT::Architecture': debian,
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': 'root',
  };
  const words = Object.entries(options).flatMap(([name, value]) => ['--option', `${name}=${value}`]);
  return async (program: string, args: string[], cwd = folder): Promise<string> =>
    (await execa(program, [...words, ...args], { cwd })).stdout;
}
