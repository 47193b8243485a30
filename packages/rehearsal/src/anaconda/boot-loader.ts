import { editionArchitecture, grubPlatform } from '@phyllome/host/architecture';
import { drivers, filesystems, omitted } from '../iso/initramfs.ts';
import { CommandArguments } from '../install/commands/command-arguments.ts';
import type { Action } from '../install/action.ts';
import type { KickstartCommand } from '../kickstart.ts';
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
  const made = new Set(storage.volumes.map(({ place }) => place.fileSystem));
  const encrypted = storage.crypttab !== '';
  const logical = storage.layout.groups.length > 0;
  const left = omitted
    .split(' ')
    .filter(
      (name) =>
        !(name === 'lvm' && logical) && !(name === 'crypt' && encrypted) && !(name === 'btrfs' && made.has('btrfs')),
    );
  const dracut = [
    'hostonly="no"',
    'hostonly_cmdline="no"',
    'reproducible="yes"',
    'compress="zstd -q -3 -T0"',
    `omit_dracutmodules+=" ${left.join(' ')} dmsquash-live livenet "`,
    ...(encrypted ? ['add_dracutmodules+=" crypt "', 'add_drivers+=" dm_crypt "'] : []),
    ...(logical ? ['add_dracutmodules+=" lvm "'] : []),
    `filesystems+=" ${filesystems} xfs btrfs "`,
    `add_drivers+=" ${drivers} "`,
  ];
  return [
    { do: 'write', path: '/etc/default/grub', text: `${grub.join('\n')}\n` },
    { do: 'write', path: '/etc/dracut.conf.d/50-rehearsal.conf', text: `${dracut.join('\n')}\n` },
    { do: 'write', path: '/etc/fstab', text: storage.fstab },
    ...(encrypted ? [{ do: 'write', path: '/etc/crypttab', text: storage.crypttab, mode: 0o600 } as const] : []),
  ];
}

/**
 * The programs that install the boot loader, inside the installed system. Under UEFI it goes to the firmware's menu and
 * to the path that firmware without a menu looks for, as Fedora's shim does.
 */
export function bootLoaderArgv(storage: StoragePlan, firmware: 'bios' | 'uefi'): string[][] {
  if (firmware === 'bios') return [['grub-install', '--target=i386-pc', `/dev/${storage.layout.bootDisk}`]];
  const install = ['grub-install', `--target=${grubPlatform(editionArchitecture)}`, '--efi-directory=/boot/efi'];
  return [
    [...install, '--bootloader-id=phyllome'],
    [...install, '--removable', '--no-nvram'],
  ];
}
