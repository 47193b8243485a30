import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

const MIB = 2 ** 20;

/** What a disk is made of, and where its parts are written. */
export interface SystemdBootDisk {
  /** A folder with a Debian that has a kernel, its initramfs and systemd-boot-efi. */
  root: string;
  /** Where the file system of the EFI system partition is made. */
  esp: string;
  espMiB: number;
  /** Of systemd-boot's menu. */
  timeoutSeconds: number;
  signal?: AbortSignal;
}

/** Makes the EFI system partition of a Debian whose root file system is labelled `root`. */
export async function makeEsp({ root, esp, espMiB, timeoutSeconds, signal }: SystemdBootDisk): Promise<void> {
  const run = (program: string, args: string[]) =>
    execa(program, args, signal === undefined ? {} : { cancelSignal: signal });
  const boot = await readdir(join(root, 'boot'));
  const file = (prefix: string) => join(root, 'boot', boot.find((name) => name.startsWith(prefix)) ?? prefix);
  const options = 'root=LABEL=root console=tty0 console=ttyS0';
  await writeFile(`${esp}.entry`, `title Debian\nlinux /vmlinuz\ninitrd /initrd.img\noptions ${options}\n`);
  await writeFile(`${esp}.conf`, `timeout ${timeoutSeconds}\n`);
  await run('mkfs.vfat', ['-C', esp, `${espMiB * 1024}`]);
  await run('mmd', ['-i', esp, '::EFI', '::EFI/BOOT', '::loader', '::loader/entries']);
  for (const [from, to] of [
    [join(root, 'usr/lib/systemd/boot/efi/systemd-bootx64.efi'), 'EFI/BOOT/BOOTX64.EFI'],
    [file('vmlinuz-'), 'vmlinuz'],
    [file('initrd.img-'), 'initrd.img'],
    [`${esp}.conf`, 'loader/loader.conf'],
    [`${esp}.entry`, 'loader/entries/debian.conf'],
  ] as const)
    await run('mcopy', ['-i', esp, from, `::${to}`]);
}

/** A raw disk of an EFI system partition and a root file system, in a GPT; 2 MiB larger than both. */
export async function joinDisk(
  disk: string,
  {
    esp,
    espMiB,
    root,
    rootMiB,
    signal,
  }: Pick<SystemdBootDisk, 'esp' | 'espMiB' | 'root' | 'signal'> & { rootMiB: number },
): Promise<void> {
  const options = signal === undefined ? {} : { cancelSignal: signal };
  await execa('truncate', ['--size', `${(espMiB + rootMiB + 2) * MIB}`, disk], options);
  const table = `label: gpt\nstart=1MiB, size=${espMiB}MiB, type=uefi\nsize=${rootMiB}MiB, type=linux\n`;
  await execa('sfdisk', ['--quiet', disk], { ...options, input: table });
  for (const [part, seek] of [
    [esp, 1],
    [root, 1 + espMiB],
  ] as const)
    await execa(
      'dd',
      [`if=${part}`, `of=${disk}`, 'bs=1M', `seek=${seek}`, 'conv=notrunc,sparse', 'status=none'],
      options,
    );
}
