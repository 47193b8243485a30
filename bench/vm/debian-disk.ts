import { copyFile, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { rootfsTar } from '../../packages/rehearsal/src/client/rootfs.ts';
import { joinDisk, makeEsp } from '../systemd-boot-disk.ts';

const [ESP_MIB, ROOT_MIB] = [128, 1280];
const BLOCK = 4096;

const RECIPE = {
  suite: 'trixie',
  variant: 'minbase',
  packages: (
    'systemd-sysv systemd-boot-efi udev dbus login kmod procps e2fsprogs zstd ' +
    'linux-image-cloud-amd64 initramfs-tools'
  ).split(' '),
};

/** A disk, and a twin that is damaged. */
export interface DebianDisks {
  good: string;
  /** An inode of its ext4 has other bytes than its checksum says. */
  damaged: string;
}

/**
 * Makes a Debian as clouds have it: a qcow2 disk with a GPT, systemd-boot in its EFI system partition, and a root in
 * ext4. It is from Debian, and nothing of this project's is in it. Takes root, as its files are other users'.
 */
export async function debianDisks(directory: string): Promise<DebianDisks> {
  const at = (name: string) => join(directory, name);
  const root = at('root');
  await mkdir(root, { recursive: true });
  await execa('tar', [
    '--extract',
    '--numeric-owner',
    '--file',
    await rootfsTar(RECIPE, { env: process.env }),
    '-C',
    root,
  ]);
  await writeFile(join(root, 'etc/fstab'), 'LABEL=root / ext4 defaults 0 1\n');
  await writeFile(join(root, 'etc/hostname'), 'cloud\n');
  await execa('mke2fs', [
    '-q',
    '-t',
    'ext4',
    '-b',
    `${BLOCK}`,
    '-L',
    'root',
    '-d',
    root,
    at('root.img'),
    `${ROOT_MIB}M`,
  ]);
  await copyFile(at('root.img'), at('damaged.img'));
  await damageInode(at('damaged.img'), '/usr/lib');
  await makeEsp({ root, esp: at('esp.img'), espMiB: ESP_MIB, timeoutSeconds: 0 });
  return {
    good: await disk(at('good'), at('esp.img'), at('root.img')),
    damaged: await disk(at('damaged'), at('esp.img'), at('damaged.img')),
  };
}

/** Other bytes where debugfs says that the inode of a path is. */
async function damageInode(image: string, path: string): Promise<void> {
  const { stdout } = await execa('debugfs', ['-R', `imap ${path}`, image]);
  const [, block = '', offset = ''] = /located at block (\d+), offset 0x([0-9a-f]+)/u.exec(stdout) ?? [];
  await using file = await open(image, 'r+');
  await file.write(Buffer.alloc(8, 0x5a), 0, 8, Number(block) * BLOCK + Number.parseInt(offset, 16) + 8);
}

async function disk(name: string, esp: string, root: string): Promise<string> {
  const raw = `${name}.raw`;
  await joinDisk(raw, { esp, espMiB: ESP_MIB, root, rootMiB: ROOT_MIB });
  await execa('qemu-img', ['convert', '-O', 'qcow2', raw, `${name}.qcow2`]);
  await execa('rm', [raw]);
  return `${name}.qcow2`;
}

// By itself: `node bench/vm/debian-disk.ts DIRECTORY`, for what is run with a disk that is good.
if (import.meta.main) {
  const [, , directory] = process.argv;
  if (directory === undefined) throw new Error('usage: node bench/vm/debian-disk.ts DIRECTORY');
  console.log((await debianDisks(directory)).good);
}
