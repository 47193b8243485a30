/**
 * Media of others: `node bench/vm/foreign.ts [--live ISO] [NAME…]`, of which NAME is the beginning of some.
 *
 * Takes them from Debian's packages memtest86+, grub-rescue-pc, ipxe and of its installer for PCs and for ARM, by
 * `apt-get download` into a temporary directory, makes a disk of Debian as clouds have it (debian-disk.ts), and a live
 * medium by live-build (live-build.ts), unless `--live` names one that it made before. Judges each with nothing said of it
 * but what GRUB and an installer are to show, and cuts some short to see them rejected. Prints verdict and time. Exits
 * with 1 when one was judged otherwise than the table says.
 */
import { copyFile, mkdir, readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { acceptImage, openMedium, type AcceptOptions, type NetworkImage, type Verdict } from '@phyllome/vm-tester';
import { debianDisks } from './debian-disk.ts';
import { liveBuildIso } from './live-build.ts';
import { readOsRelease, temporaryDirectory } from '@phyllome/host';
import { type Architecture, architectures } from '@phyllome/host/architecture';

interface Foreign {
  name: string;
  /** A file, or what a machine finds in its network. */
  path: string | NetworkImage;
  options?: AcceptOptions;
  /** Its status, and cause where it is rejected. */
  expected: string;
}

await using directory = await temporaryDirectory('vm-foreign-');
const { positionals: names, values } = parseArgs({ allowPositionals: true, options: { live: { type: 'string' } } });
const release = (await readOsRelease())?.['VERSION_ID'] ?? '12';
const installers = Object.values(architectures).map(({ debian }) => `debian-installer-${release}-netboot-${debian}`);
await execa('apt-get', ['download', 'memtest86+', 'grub-rescue-pc', 'ipxe', ...installers], { cwd: directory.path });
for (const name of await readdir(directory.path)) {
  if (name.endsWith('.deb')) await execa('dpkg-deb', ['--extract', name, '.'], { cwd: directory.path });
}
const file = (path: string): string => join(directory.path, path);
const memtest = file('usr/lib/memtest86+/memtest86+x64.iso');
const grub = file('usr/lib/grub-rescue/grub-rescue-cdrom.iso');
/** The first part of a file. */
async function cutTo(share: number, path: string, to: string): Promise<string> {
  await copyFile(path, file(to));
  await truncate(file(to), Math.floor((await stat(path)).size * share));
  return file(to);
}

/** The installer's kernel and, beside it, its initramfs. */
const installer = ({ debian }: { debian: string }) =>
  file(`usr/lib/debian-installer/images/${release}/${debian}/text/debian-installer/${debian}`);
const language = { instrument: 'screen', readyWhen: { console: /Select a language|Choose language/u } } as const;
const half = file('half');
await mkdir(half);
await copyFile(join(installer(architectures.x86_64), 'linux'), join(half, 'linux'));
await copyFile(join(installer(architectures.x86_64), 'initrd.gz'), join(half, 'initrd.gz'));
await truncate(join(half, 'initrd.gz'), 10_000_000);

/** As its server gives it, but for a menu that asks nothing and a serial console. */
async function served({ debian, bios }: Architecture): Promise<string> {
  const tree = file(`usr/lib/debian-installer/images/${release}/${debian}/text`);
  const serial = bios ? 'ttyS0' : 'ttyAMA0';
  const menu = `set timeout=0
menuentry Install {
  linux /debian-installer/${debian}/linux console=${serial}
  initrd /debian-installer/${debian}/initrd.gz
}
`;
  await writeFile(join(tree, `debian-installer/${debian}/grub/grub.cfg`), menu);
  return tree;
}
/** Their names there: `bootnetx64.efi`. */
const networkLoader = ({ debian, efi }: Architecture): string => `debian-installer/${debian}/bootnet${efi}.efi`;

const wanted = (name: string) => names.length === 0 || names.some((one) => name.startsWith(one));
const disks = wanted('Debian') ? await debianDisks(file('disks')) : undefined;
const live = wanted('live-build') ? (values.live ?? (await liveBuildIso(file('live')))) : undefined;

const MEDIA: readonly Foreign[] = [
  { name: 'memtest86+, ISO', path: memtest, expected: 'accepted' },
  { name: 'memtest86+, kernel', path: file('boot/memtest86+x64.bin'), expected: 'accepted' },
  {
    name: 'memtest86+, ISO cut to a quarter',
    path: await cutTo(1 / 4, memtest, 'cut.iso'),
    expected: 'rejected: bad-media',
  },
  { name: 'iPXE, ISO', path: file('usr/lib/ipxe/ipxe.iso'), expected: 'accepted' },
  { name: 'GRUB rescue, ISO', path: grub, expected: 'rejected: bad-media' },
  {
    name: 'GRUB rescue, ISO, to show its menu',
    path: grub,
    options: { instrument: 'screen', readyWhen: { text: /GNU GRUB +version/u, fromStart: true } },
    expected: 'accepted',
  },
  ...Object.values(architectures).map((architecture) => ({
    name: `debian-installer for ${architecture.name}, kernel with its initrd`,
    path: join(installer(architecture), 'linux'),
    options: language,
    expected: 'accepted',
  })),
  {
    name: 'debian-installer, its initrd cut to a part',
    path: join(half, 'linux'),
    options: language,
    expected: 'rejected: fs-corrupt',
  },
  ...(await Promise.all(
    Object.values(architectures).map(async (architecture) => ({
      name: `debian-installer for ${architecture.name}, from the network by UEFI`,
      path: { netboot: await served(architecture), bootFile: networkLoader(architecture) },
      options: {
        ...language,
        firmware: 'uefi' as const,
        machine: architecture.bios ? ('tester' as const) : ('arm' as const),
      },
      expected: 'accepted',
    })),
  )),
  ...(disks === undefined
    ? []
    : [
        { name: 'Debian, qcow2 disk', path: disks.good, expected: 'accepted' },
        { name: 'Debian, qcow2 disk with a damaged inode', path: disks.damaged, expected: 'rejected: fs-corrupt' },
      ].map((one) => ({ ...one, options: { firmware: 'uefi' as const } }))),
  ...(live === undefined
    ? []
    : [
        ...(['bios', 'uefi'] as const).map((firmware) => ({
          name: `live-build, ISO, by ${firmware.toUpperCase()}`,
          path: live,
          options: { firmware },
          expected: 'accepted',
        })),
        {
          name: 'live-build, ISO cut to a half',
          path: await cutTo(1 / 2, live, 'half.iso'),
          expected: 'rejected: bad-media',
        },
      ]),
];

console.log('| medium | expected | verdict | s | |');
console.log('| --- | --- | --- | --- | --- |');
let wrong = 0;
for (const { name, path, options, expected } of MEDIA) {
  if (!wanted(name)) continue;
  const start = performance.now();
  await using medium =
    typeof path === 'string' ? await openMedium(path) : { image: path, async [Symbol.asyncDispose]() {} };
  const verdict = await acceptImage(medium.image, { firmware: 'bios', ...options });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const fine = described(verdict) === expected;
  if (!fine) wrong++;
  console.log(`| ${name} | ${expected} | ${described(verdict)} | ${seconds} | ${fine ? 'ok' : 'WRONG'} |`);
  if (!fine && verdict.status !== 'accepted') for (const { line } of verdict.evidence) console.log(`<!-- ${line} -->`);
}
process.exitCode = wrong > 0 ? 1 : 0;

function described(verdict: Verdict): string {
  return verdict.status === 'accepted' ? 'accepted' : `${verdict.status}: ${verdict.cause}`;
}
