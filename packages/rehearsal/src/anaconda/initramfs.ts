import { existsSync } from 'node:fs';
import { drivers, filesystems, omitted } from '../iso/initramfs.ts';
import type { KickstartCommand } from '../kickstart.ts';
import type { Programs } from '../program.ts';
import { sysimage } from '../sysimage.ts';

/** What of a disk the initramfs has to open before it can mount the root file system. */
export interface InitramfsNeeds {
  encrypted: boolean;
  arrays: boolean;
  logical: boolean;
  btrfs: boolean;
}

/** The file by which the installed system's dracut makes it, now and at later updates. */
export const dracutConfPath = '/etc/dracut.conf.d/50-rehearsal.conf';

/** dracut.conf(5): an initramfs for any machine, with what these disks need. Pure. */
export function dracutConf({ encrypted, arrays, logical, btrfs }: InitramfsNeeds): string {
  const modules = [
    ...(encrypted ? ['crypt'] : []),
    ...(arrays ? ['mdraid'] : []),
    ...(logical ? ['lvm'] : []),
    ...(btrfs ? ['btrfs'] : []),
  ];
  const left = omitted.split(' ').filter((name) => !modules.includes(name));
  const lines = [
    'hostonly="no"',
    'hostonly_cmdline="no"',
    'reproducible="yes"',
    'compress="zstd -q -3 -T0"',
    `omit_dracutmodules+=" ${left.join(' ')} dmsquash-live livenet "`,
    ...(encrypted ? ['add_dracutmodules+=" crypt "', 'add_drivers+=" dm_crypt "'] : []),
    ...(arrays ? ['add_dracutmodules+=" mdraid "'] : []),
    ...(logical ? ['add_dracutmodules+=" lvm "'] : []),
    `filesystems+=" ${filesystems} xfs btrfs "`,
    `add_drivers+=" ${drivers} "`,
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * What the disks of a kickstart will need, as far as its lines say: a `%pre` may write others, and then the machine finds
 * that it needs something else. Pure.
 */
export function needsOf(commands: readonly KickstartCommand[]): InitramfsNeeds {
  const has = (test: (command: KickstartCommand) => boolean): boolean => commands.some(test);
  const automatic = (type: RegExp, byDefault: boolean): boolean =>
    has(({ name, args }) => {
      if (name !== 'autopart') return false;
      const given = args.find((argument) => argument.startsWith('--type='));
      return given === undefined ? byDefault : type.test(given);
    });
  return {
    encrypted: has(({ args }) => args.includes('--encrypted')),
    arrays: has(({ name }) => name === 'raid'),
    logical: has(({ name }) => name === 'volgroup') || automatic(/=lvm$/u, false),
    btrfs: has(({ name, args }) => name === 'btrfs' || args.includes('--fstype=btrfs')) || automatic(/=btrfs$/u, true),
  };
}

/** The initramfs that the medium's system comes with: made where the medium was, which took seconds. */
export interface CarriedInitramfs {
  /** Of the kernel. */
  version: string;
  /** The configuration that it was made by. */
  conf: string;
}

/** Debian's name of it, by which grub-mkconfig finds it. */
export const initramfsPath = (version: string): string => `/boot/initrd.img-${version}`;

/** Where dracut's own configuration, and that of what it puts into an initramfs, may be. */
const read = [
  'etc/crypttab.initramfs',
  'etc/dracut.conf',
  'etc/dracut.conf.d',
  'etc/ld.so.conf',
  'etc/ld.so.conf.d',
  'etc/ld.so.preload',
  'etc/lvm',
  'etc/modprobe.d',
  'etc/modules-load.d',
  'etc/multipath',
  'etc/sysctl.d',
  'etc/udev',
  'usr/lib/dracut',
  'usr/lib/modprobe.d',
  'usr/lib/modules',
  'usr/lib/modules-load.d',
  'usr/lib/sysctl.d',
  'usr/lib/udev',
];

/**
 * Whether the medium's initramfs is the one that dracut would make here: of the same kernel, by the same configuration, and
 * with nothing that dracut reads changed since the system was unpacked.
 *
 * @param unpacked a file as old as the last that was unpacked
 */
export async function isAsCarried(
  carried: CarriedInitramfs | undefined,
  conf: string,
  { unpacked, programs }: { unpacked: string; programs: Programs },
): Promise<boolean> {
  if (carried?.conf !== conf) return false;
  const { lines: kernels } = await programs.run(['find', `${sysimage}/boot`, '-maxdepth', '1', '-name', 'vmlinuz-*'], {
    quiet: true,
  });
  if (kernels.join() !== `${sysimage}/boot/vmlinuz-${carried.version}`) return false;
  if (!existsSync(`${sysimage}${initramfsPath(carried.version)}`)) return false;
  const places = read.map((path) => `${sysimage}/${path}`).filter((path) => existsSync(path));
  const { lines } = await programs.run(['find', ...places, '-cnewer', unpacked, '!', '-type', 'd'], { quiet: true });
  return lines.filter((path) => path !== '' && path !== `${sysimage}${dracutConfPath}`).length === 0;
}
