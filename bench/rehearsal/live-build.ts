import { hash } from 'node:crypto';
import { Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { ensureImage, type Engine } from '@phyllome/iso-builder';
import { exitCodeOf } from '../container.ts';
import { recipeKey } from '../../packages/rehearsal/src/client/recipe.ts';
import { rootfsTar } from '../../packages/rehearsal/src/client/rootfs.ts';

export interface Cost {
  wallSeconds: number;
  /** User and system, of all processors. */
  cpuSeconds: number;
}

/** live-build and the programs that it would otherwise fetch for each build. */
const recipe = {
  suite: 'trixie',
  variant: 'apt',
  packages: (
    'live-build debootstrap cpio dosfstools file gzip mount mtools rsync wget squashfs-tools xorriso xz-utils zstd ' +
    'grub-common grub-pc-bin grub-efi-amd64-bin'
  ).split(' '),
};

/** Ours, whose counterparts live-build brings itself: initramfs-tools and live-boot. */
const ownWay = /^(?:dracut|linux-(?:image|base)|grub|cpio|zstd$)/u;

/**
 * The same suite, kernel, compression and level; no Recommends, no sources, no firmware, no installer. Without the
 * security archive: where live-build looks for it by default there is none, so a few versions are older. It keeps
 * documentation and translations, which a rehearsal leaves out.
 */
const configuration = [
  'lb config --distribution trixie --architectures amd64 --archive-areas main --mode debian',
  '--linux-packages linux-image --linux-flavours cloud-amd64 --apt-recommends false --apt-source-archives false',
  '--apt-indices false --firmware-chroot false --firmware-binary false --memtest none --debian-installer none',
  '--binary-images iso-hybrid --bootloaders grub-pc,grub-efi --checksums md5 --uefi-secure-boot disable --security false',
  '--chroot-squashfs-compression-type zstd --chroot-squashfs-compression-level 3',
].join(' ');

/** Two builds in one container, as its root: the first fills live-build's own caches, the second is the one that counts. */
const script = (packages: readonly string[]): string => `set -eu
mkdir -p /bench/live && cd /bench/live
${configuration} >/bench/config.log 2>&1
printf '%s\\n' ${packages.join(' ')} >config/package-lists/same.list.chroot
TIMEFORMAT='TIMES %R %U %S'
build() {
  if ! time lb build >/bench/build.log 2>&1 </dev/null; then tail -n 30 /bench/build.log; exit 1; fi
}
build
lb clean >/dev/null 2>&1
${configuration} >/bench/config.log 2>&1
build
ls -l *.iso
`;

/**
 * A live ISO of `packages` by Debian's live-build, from Debian, as root in a container with the privileges that the
 * rehearsal has: once to fill its own caches of packages and base system, then, from those, the time that counts.
 */
export async function liveBuild(
  engine: Engine,
  packages: readonly string[],
  report: (name: string, cost: Cost) => void,
): Promise<Cost & { name: string }> {
  const image = await ensureImage(engine, {
    name: 'live-build',
    contextDigest: `sha256:${hash('sha256', `bench live-build ${recipeKey(recipe)}`)}`,
    privileges: { capDrop: [], capAdd: [], loopDevices: false, hostDev: false, unconfined: true },
    context: async () => [
      { path: 'Containerfile', content: 'FROM scratch\nADD rootfs.tar /\nENV LANG=C.UTF-8\n' },
      { path: 'rootfs.tar', file: await rootfsTar(recipe, { env: process.env }) },
    ],
  });
  const list = packages.filter((name) => !ownWay.test(name));
  const container = await engine.docker.createContainer({
    Image: image.id,
    Entrypoint: [],
    Cmd: ['bash', '-c', script(list)],
    Tty: false,
    HostConfig: {
      CapAdd: ['SYS_ADMIN', 'MKNOD'],
      SecurityOpt: engine.kind === 'docker' ? ['apparmor=unconfined'] : [],
      // Podman sets limits of its own, which it may not where it is itself confined.
      Ulimits: [
        { Name: 'nofile', Soft: 1024, Hard: 1024 },
        { Name: 'nproc', Soft: 4096, Hard: 4096 },
      ],
    },
  });
  try {
    const { output, status } = await outcomeOf(engine, container);
    const [empty, kept] = costs(output);
    if (empty !== undefined) report('live-build, nothing kept', empty);
    if (status !== 0 || kept === undefined)
      throw new Error(`live-build failed:\n${output.split('\n').slice(-30).join('\n')}`);
    report('live-build, packages and base system kept', kept);
    return { name: 'live-build', ...kept };
  } finally {
    await container.remove({ force: true, v: true });
  }
}

type Container = Awaited<ReturnType<Engine['docker']['createContainer']>>;

async function outcomeOf(engine: Engine, container: Container): Promise<{ output: string; status: number }> {
  const stream = await container.attach({ stream: true, stdout: true, stderr: true });
  const chunks: Buffer[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  engine.docker.modem.demuxStream(stream, sink, sink);
  await container.start();
  const status = await exitCodeOf(container);
  await setTimeout(500); // The last chunk may come after the news of the end.
  return { output: Buffer.concat(chunks).toString(), status };
}

/** Reads `TIMES real user system`, one a build. */
const costs = (output: string): Cost[] =>
  [...output.matchAll(/TIMES ([\d.]+) ([\d.]+) ([\d.]+)/gu)].map(([, wall, user, system]) => ({
    wallSeconds: Number(wall),
    cpuSeconds: Number(user) + Number(system),
  }));
