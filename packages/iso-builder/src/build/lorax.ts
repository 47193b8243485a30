import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Builder, ContextFile } from './builder.ts';

/** What the builder's image is made of: build arguments of the Containerfile. */
export interface LoraxBase {
  /** What the base must be, as os-release(5) has it in `ID`: `fedora` when not given, `almalinux`, `rocky`, `centos`. */
  distribution?: string;
  /** The release that it must have, without what comes after a dot: `44`, `10`. */
  release: string;
  /** The base image's reference, by its digest. */
  base: string;
  /** The folder of it, below `containersDir`; called like the distribution when not given. */
  folder?: string;
}

/**
 * The builder of real images: a distribution's own livemedia-creator (lorax) and anaconda, from its folder below
 * `containersDir`. It is called like the distribution.
 */
export function loraxBuilder(
  containersDir: string,
  { distribution = 'fedora', release, base, folder = distribution }: LoraxBase,
): Builder {
  const all = readContext(join(containersDir, folder));
  const files = all.filter(({ path }) => !path.startsWith(machineFolder));
  const layer = all
    .filter(({ path }) => path.startsWith(machineFolder))
    .map((file) => ({ ...file, path: file.path.slice(machineFolder.length) }));
  const buildArgs = { BASE: base, DISTRIBUTION: distribution, RELEASE: release };
  const dracut = dracutArgsOf(distribution, release);
  const contextDigest = digestOf(files, buildArgs);
  return {
    name: distribution,
    distribution,
    contextDigest,
    buildArgs,
    privileges: {
      // The list, with the reason of each, is in containers/fedora/README.md.
      // What of an engine's defaults anaconda could do without is not known.
      capDrop: [],
      // SYS_ADMIN: mount, umount, losetup; anaconda's own name space. The others are Docker's by default and not
      // Podman's: device nodes in the installed system and its initramfs, and the audit messages of useradd.
      capAdd: ['SYS_ADMIN', 'MKNOD', 'AUDIT_WRITE'],
      // setfiles may then set labels that the policy of the kernel which builds does not know (security.selinux,
      // `selinux_inode_setxattr`); not proven to suffice.
      capAddWithSelinux: ['MAC_ADMIN'],
      // The root file system is installed into a file.
      loopDevices: true,
      hostDev: true,
      unconfined: true,
    },
    dracutArgs: {
      draft: ['--zstd', ...dracut, '--reproducible'],
      release: ['--xz', ...dracut, '--debug', '--reproducible'],
    },
    kernel: { filesystems: ['ext4', 'vfat'], loopDevices: true },
    // Enterprise Linux has no static busybox, which is what a machine begins with.
    ...(distribution === 'fedora' && layer.length > 0
      ? { machine: { ...machine, layer: { contextDigest: digestOf(layer, { BUILDER: contextDigest }), files: layer } } }
      : {}),
    context: () => Promise.resolve(files),
  };
}

/** What a virtual machine has on top of the image, below the builder's folder. */
const machineFolder = 'machine/';

/** What it takes to install a desktop into a file, and to compress that. */
const machine = {
  memoryMiB: 4096,
  diskMiB: 64 * 1024,
  // Packages come by it.
  network: true,
  // A kernel with SELinux and without a policy takes any label of its root (Linux, `selinux_inode_setxattr`), also those
  // that only the installed system's policy knows; should the installer load one, that only warns.
  kernelArguments: ['security=selinux', 'enforcing=0'],
} as const;

/**
 * livemedia-creator's own (`src/pylorax/creator.py`, `DRACUT_DEFAULT`, of lorax 43 and of its branches for Enterprise Linux
 * 9 and 10), but for the compressor and `--debug`, which the profiles choose.
 */
function dracutArgsOf(distribution: string, release: string): string[] {
  const fedora = distribution === 'fedora';
  return [
    `--add livenet dmsquash-live ${fedora ? 'dmsquash-live-ntfs ' : ''}convertfs pollcdrom qemu qemu-net`,
    ...(!fedora && release === '9' ? ['--omit plymouth'] : []),
    '--no-hostonly',
    '--no-early-microcode',
  ];
}

interface SmallFile {
  readonly path: string;
  readonly mode: number;
  readonly content: Uint8Array;
}

/** A handful of small files: read at once. */
const readContext = (folder: string): readonly (ContextFile & SmallFile)[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .filter((path) => !path.endsWith('.md') && statSync(join(folder, path)).isFile())
    .map((path) => ({
      path,
      // Whether somebody may run it counts; the umask of the checkout does not.
      mode: (statSync(join(folder, path)).mode & 0o111) === 0 ? 0o644 : 0o755,
      content: readFileSync(join(folder, path)),
    }));

function digestOf(files: readonly SmallFile[], buildArgs: Record<string, string>): string {
  const hash = createHash('sha256').update(JSON.stringify(buildArgs));
  for (const { path, mode, content } of files)
    hash.update(JSON.stringify([path, mode, content.length])).update(content);
  return `sha256:${hash.digest('hex')}`;
}
