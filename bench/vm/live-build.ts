import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { debianArchive } from '../debian-archive.ts';
import { suite } from '../../packages/rehearsal/src/install/archives.ts';

/**
 * Makes a live medium as Debian's live-build does: its menu, its initramfs (live-boot), its first user. From its defaults
 * differ where the packages come from, and that it has no installer beside it. Takes root and the package live-build.
 *
 * @returns the ISO
 */
export async function liveBuildIso(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const archive = await debianArchive();
  const mirrors = ['bootstrap', 'chroot', 'binary'].flatMap((name) => [`--mirror-${name}`, archive]);
  const without = ['--security', '--updates', '--firmware-chroot', '--apt-recommends', '--apt-indices', '--cache'];
  const options = [...without.flatMap((name) => [name, 'false']), '--debian-installer', 'none', '--memtest', 'none'];
  const squashfs = ['--chroot-squashfs-compression-type', 'zstd'];
  await execa('lb', ['config', '--distribution', suite, ...options, ...squashfs, ...mirrors], { cwd: directory });
  const { failed, all } = await execa('lb', ['build'], { cwd: directory, all: true, reject: false });
  const iso = (await readdir(directory)).find((name) => name.endsWith('.iso'));
  if (failed || iso === undefined) throw new Error(`live-build made no ISO:\n${all.slice(-2000)}`);
  return join(directory, iso);
}

// By itself: `node bench/vm/live-build.ts DIRECTORY`, for what is run with an ISO that is good.
if (import.meta.main) {
  const [, , directory] = process.argv;
  if (directory === undefined) throw new Error('usage: node bench/vm/live-build.ts DIRECTORY');
  console.log(await liveBuildIso(directory));
}
