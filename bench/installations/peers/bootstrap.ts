import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { mmdebstrap } from '../../../packages/rehearsal/src/client/mmdebstrap.ts';
import { dracutConf, dracutConfPath } from '../../../packages/rehearsal/src/anaconda/initramfs.ts';
import { suite } from '../../../packages/rehearsal/src/install/archives.ts';
import { dpkgOptions } from '../../../packages/rehearsal/src/install/mmdebstrap.ts';
import { joinDisk, makeEsp } from '../../systemd-boot-disk.ts';
import type { Mirror } from './mirror.ts';
import { firstBoot } from './preseed.ts';

const ESP_MIB = 300;

/**
 * The same packages by mmdebstrap into a disk image, on this machine's own processors: a GPT, systemd-boot with kernel and
 * initramfs in its EFI system partition, a root in ext4. As root, since its files are other users'.
 */
export async function installByBootstrap(
  packages: readonly string[],
  {
    mirror,
    disk,
    diskSizeGiB,
    folder,
    signal,
  }: { mirror: Mirror; disk: string; diskSizeGiB: number; folder: string; signal: AbortSignal },
): Promise<void> {
  await using work = await mkdtempDisposable(join(folder, 'bootstrap-'));
  const at = (name: string): string => join(work.path, name);
  const run = async (program: string, args: string[]): Promise<void> =>
    void (await execa(program, args, { cancelSignal: signal }));
  // Some hosts' mmdebstrap leaves a mount behind: its files would go into the image, and could not be removed.
  async function unmount(): Promise<void> {
    for (const name of ['proc', 'sys']) await execa('umount', ['--quiet', at(join('root', name))], { reject: false });
  }
  await using mounts = new AsyncDisposableStack();
  mounts.defer(unmount);
  const scratch = at('scratch');
  await mkdir(scratch);
  const names = [...packages.filter((name) => !name.startsWith('grub')), 'systemd-boot-efi'];
  const conf = Buffer.from(dracutConf({ encrypted: false, arrays: false, logical: false, btrfs: false })).toString(
    'base64',
  );
  const argv = [
    'mmdebstrap',
    '--variant=minbase',
    '--format=directory',
    '--quiet',
    '--aptopt=APT::Install-Recommends "false"',
    ...dpkgOptions({ manuals: false, languages: ['en'] }),
    `--include=${names.join(',')}`,
    `--essential-hook=mkdir -p "$1/etc/dracut.conf.d" && echo ${conf} | base64 --decode >"$1${dracutConfPath}"`,
    suite,
    at('root'),
    `http://127.0.0.1:${mirror.port}/debian`,
  ];
  await mmdebstrap(argv, { env: process.env, scratch, signal });
  await unmount();
  const root = at('root');
  await writeFile(join(root, 'etc/fstab'), 'LABEL=root / ext4 defaults 0 1\n');
  await writeFile(join(root, 'etc/hostname'), 'phyllome\n');
  await writeFile(join(root, 'root/late'), firstBoot());
  await run('chroot', [root, 'sh', '/root/late']);
  const rootMiB = diskSizeGiB * 1024 - ESP_MIB - 2;
  await run('mke2fs', ['-q', '-t', 'ext4', '-L', 'root', '-d', root, at('root.img'), `${rootMiB}M`]);
  await makeEsp({ root, esp: at('esp.img'), espMiB: ESP_MIB, timeoutSeconds: 1, signal });
  await joinDisk(disk, { esp: at('esp.img'), espMiB: ESP_MIB, root: at('root.img'), rootMiB, signal });
}
