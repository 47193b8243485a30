import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Cost {
  wallSeconds: number;
  /** User and system, of all processors. */
  cpuSeconds: number;
}

/** Ours, whose counterparts live-build brings itself: initramfs-tools and live-boot. */
const ownWay = /^(?:dracut|linux-(?:image|base)|grub|cpio|zstd$)/u;

/** Named after bash's `time`, which also counts children that were waited for. */
const timed = (argv: readonly string[], cwd: string): Cost => {
  const { status, stderr } = spawnSync(
    'bash',
    ['-c', 'TIMEFORMAT="TIMES %R %U %S"; time "$@" >build.log 2>&1 </dev/null', 'bash', ...argv],
    { cwd, encoding: 'utf8' },
  );
  if (status !== 0) {
    const said = readFileSync(join(cwd, 'build.log'), 'utf8').trimEnd().split('\n').slice(-15);
    throw new Error(`${argv.join(' ')} failed:\n${said.join('\n')}`);
  }
  const [wall = 0, user = 0, system = 0] = (/TIMES (.*)/u.exec(stderr)?.[1] ?? '').split(' ').map(Number);
  return { wallSeconds: wall, cpuSeconds: user + system };
};

/**
 * A live ISO of `packages` by Debian's live-build: once to fill its own caches of packages and base system, then, from
 * those, the time that counts.
 */
export const liveBuild = async (
  folder: string,
  packages: readonly string[],
  tell: (name: string, cost: Cost) => void,
): Promise<Cost & { name: string }> => {
  mkdirSync(folder);
  if (spawnSync('which', ['lb']).status !== 0)
    timed(['apt-get', 'install', '--yes', '--no-install-recommends', 'live-build'], folder);
  // Without the security archive: where live-build looks for it by default there is none. A few versions are older.
  const config = [
    'lb config --distribution trixie --architectures amd64 --archive-areas main --mode debian',
    '--linux-packages linux-image --linux-flavours cloud-amd64 --apt-recommends false --apt-source-archives false',
    '--apt-indices false --firmware-chroot false --firmware-binary false --memtest none --debian-installer none',
    '--binary-images iso-hybrid --bootloaders grub-pc,grub-efi --checksums md5 --security false',
    '--chroot-squashfs-compression-type zstd --chroot-squashfs-compression-level 3',
  ].join(' ');
  timed(['sh', '-c', config], folder);
  const list = packages.filter((name) => !ownWay.test(name));
  writeFileSync(join(folder, 'config/package-lists/same.list.chroot'), `${list.join('\n')}\n`);
  try {
    tell('nothing kept', timed(['lb', 'build'], folder));
    timed(['lb', 'clean'], folder);
    const warm = timed(['lb', 'build'], folder);
    tell('packages kept', warm);
    return { name: 'live-build, packages kept', ...warm };
  } finally {
    // Whatever it still has mounted.
    spawnSync('lb', ['clean', '--chroot'], { cwd: folder });
  }
};
