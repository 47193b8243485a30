import { editionArchitecture, grubPlatform } from '@phyllome/host/architecture';
import { CommandArguments } from '../install/commands/command-arguments.ts';
import type { Action } from '../install/action.ts';
import type { KickstartCommand } from '../kickstart.ts';
import { dracutConf, dracutConfPath, type InitramfsNeeds } from './initramfs.ts';
import type { Layout, Partition } from './storage/layout.ts';
import type { StoragePlan } from './storage/steps.ts';

/** What the boot loader's menu is made of. */
export interface BootSettings {
  project: string;
  releasever: string;
  /** `bootloader --append`, as it is. */
  append: string;
  /** Of the menu, in seconds. */
  timeoutSeconds: number;
  /** `console=…` of the installer's own kernel: anaconda hands them on. */
  consoles: readonly string[];
}

/** GRUB's own default, which anaconda leaves as it is. */
const defaultTimeout = 5;

/** `bootloader --timeout`; the last line that has it counts. */
export function menuTimeout(commands: readonly KickstartCommand[]): number {
  const given = commands
    .filter(({ name }) => name === 'bootloader')
    .map((command) => new CommandArguments(command).value('timeout'));
  const seconds = Number(given.findLast((value) => value !== undefined) ?? defaultTimeout);
  return Number.isInteger(seconds) && seconds >= 0 ? seconds : defaultTimeout;
}

/** Inside double quotes of a shell. */
const quoted = (text: string): string => `"${text.replaceAll(/["$`\\]/gu, String.raw`\$&`)}"`;

/** Kernel arguments of the installed system, but for those that find its root file system, which GRUB's scripts add. */
export function installedArguments(storage: StoragePlan, { append, consoles }: BootSettings): string[] {
  const found = storage.kernelArguments.filter((word) => word !== 'ro' && !word.startsWith('root='));
  return [...new Set([...found, ...append.split(/\s+/u).filter((word) => word !== ''), ...consoles])];
}

/** What the initramfs needs for the disks as they were made. */
export const needsOfStorage = ({ crypttab, layout, volumes }: StoragePlan): InitramfsNeeds => ({
  encrypted: crypttab !== '',
  arrays: layout.arrays.length > 0,
  logical: layout.groups.length > 0,
  btrfs: volumes.some(({ place }) => place.fileSystem === 'btrfs'),
});

/** Files that say how the installed system's boot loader and initramfs are made, now and by later updates. */
export function bootFiles(storage: StoragePlan, settings: BootSettings): Action[] {
  const serial = /^console=ttyS(?<unit>\d),(?<speed>\d+)/u.exec(
    settings.consoles.findLast((one) => one.includes('ttyS')) ?? '',
  )?.groups;
  const grub = [
    `GRUB_TIMEOUT=${settings.timeoutSeconds}`,
    `GRUB_DISTRIBUTOR=${quoted(`${settings.project} ${settings.releasever} (rehearsal)`)}`,
    'GRUB_CMDLINE_LINUX_DEFAULT=""',
    `GRUB_CMDLINE_LINUX=${quoted(installedArguments(storage, settings).join(' '))}`,
    'GRUB_DISABLE_OS_PROBER=true',
    'GRUB_DISABLE_RECOVERY=true',
    ...(serial === undefined
      ? []
      : [
          'GRUB_TERMINAL="serial console"',
          `GRUB_SERIAL_COMMAND="serial --unit=${serial['unit']} --speed=${serial['speed']}"`,
        ]),
  ];
  return [
    { do: 'write', path: '/etc/default/grub', text: `${grub.join('\n')}\n` },
    { do: 'write', path: dracutConfPath, text: dracutConf(needsOfStorage(storage)) },
    { do: 'write', path: '/etc/fstab', text: storage.fstab },
    ...(storage.mdadmConf !== ''
      ? [{ do: 'write', path: '/etc/mdadm/mdadm.conf', text: storage.mdadmConf } as const]
      : []),
    ...(storage.crypttab !== ''
      ? [{ do: 'write', path: '/etc/crypttab', text: storage.crypttab, mode: 0o600 } as const]
      : []),
  ];
}

/** What the firmware's menu calls the system, and the directory of its boot loader. */
const bootloaderId = 'phyllome';

/** Where the GRUB that Debian has signed looks for its configuration, whatever the directory that it is in. */
const signedConfiguration = '/boot/efi/EFI/debian/grub.cfg';

/**
 * The programs that install the boot loader, inside the installed system. Under UEFI it goes to the firmware's menu and
 * to the path that firmware without a menu looks for, as Fedora's shim does: with Debian's shim before it, which Secure
 * Boot lets start.
 */
export function bootLoaderArgv({ layout }: StoragePlan, firmware: 'bios' | 'uefi'): string[][] {
  if (firmware === 'bios') return biosDisks(layout).map((disk) => ['grub-install', '--target=i386-pc', `/dev/${disk}`]);
  const target = `--target=${grubPlatform(editionArchitecture)}`;
  const install = ['grub-install', target, '--efi-directory=/boot/efi', '--uefi-secure-boot'];
  const efi = layout.arrays.find(({ mountPoint }) => mountPoint === '/boot/efi');
  return [
    [...install, `--bootloader-id=${bootloaderId}`, ...(efi === undefined ? [] : ['--no-nvram'])],
    ...(efi === undefined ? [] : efi.members.toReversed().map((member) => bootEntry(member))),
    [...install, '--removable', '--no-nvram'],
    ['install', '-D', '--mode=0644', `/boot/efi/EFI/${bootloaderId}/grub.cfg`, signedConfiguration],
  ];
}

/** The firmware's menu gets each member of an array by itself: it knows no arrays. The last that is made comes first. */
function bootEntry({ disk, number }: Partition): string[] {
  const place = ['--disk', `/dev/${disk}`, '--part', String(number)];
  const loader = `\\EFI\\${bootloaderId}\\shim${editionArchitecture.efi}.efi`;
  return ['efibootmgr', '--quiet', '--create', ...place, '--label', bootloaderId, '--loader', loader];
}

/**
 * The disks that a BIOS can start from: all that have a part of what the boot loader reads, if the boot disk is one of
 * them, so that the machine starts without any of them (anaconda, `bootloader/grub2.py`, `install_targets`). On a GPT,
 * GRUB needs a partition of its own.
 */
function biosDisks({ arrays, partitions, bootDisk }: Layout): string[] {
  const boot =
    arrays.find(({ mountPoint }) => mountPoint === '/boot') ??
    (partitions.some(({ mountPoint }) => mountPoint === '/boot')
      ? undefined
      : arrays.find(({ mountPoint }) => mountPoint === '/'));
  const disks = new Set(boot?.members.map(({ disk }) => disk));
  const others = [...disks].filter((disk) =>
    partitions.some((one) => one.disk === disk && one.fileSystem === 'biosboot'),
  );
  return disks.has(bootDisk) ? [...new Set([bootDisk, ...others])] : [bootDisk];
}
