import { readdir } from 'node:fs/promises';
import { InstallError } from '../install/errors.ts';
import { installationEpoch } from '../install/mmdebstrap.ts';
import type { Target } from '../install/target.ts';

/**
 * Parts of dracut that a live medium has no use for. `kernel-modules` would bring every driver of disks, RAIDs, input
 * devices and cryptography that there is: 4 of 16 MB, which GRUB reads in a second under BIOS without KVM.
 */
export const omitted =
  'lvm mdraid dmraid multipath crypt nfs iscsi network network-manager plymouth i18n nvdimm btrfs hwdb ' +
  'kernel-modules kernel-modules-extra lunmask qemu resume systemd-battery-check systemd-pcrphase virtfs virtiofs';

export const filesystems = 'isofs squashfs erofs overlay ext4 vfat';

/**
 * What the medium may be attached to, as disk or as CD-ROM: virtio, SATA, IDE, SCSI, USB, NVMe, card readers, Hyper-V,
 * VMware, Xen; the IOMMU that devices may be behind, since they wait for its driver; and a keyboard, should it come to a
 * shell. Those that a kernel does not have are passed over. Everything else is loaded from the medium.
 */
export const drivers =
  'virtio_blk virtio_scsi virtio_pci virtio_mmio virtio_console virtio_iommu ahci ata_piix ata_generic ' +
  'sd_mod sr_mod cdrom usb_storage uas xhci_pci ehci_pci ohci_pci uhci_hcd nvme mmc_block sdhci_pci sdhci_acpi hv_storvsc ' +
  'vmw_pvscsi mptspi mptsas xen_blkfront usbhid hid_generic hid_hyperv hyperv_keyboard atkbd i8042 loop dm_mod dm_snapshot';

/** Where the initramfs appears in the target. */
export const initramfsInTarget = 'boot/initramfs-live.img';

/**
 * dracut's arguments when `--dracut-arg` gives none: an initramfs for every machine, quick to unpack. Like lorax, one
 * `--dracut-arg` replaces all of them, and so does `--dracut-conf`, a file of the target's. The target's own `/etc/dracut.conf.d` is used in any case.
 */
export const dracutArguments = (given: readonly string[], conf?: string): string[] =>
  conf !== undefined
    ? ['--conf', conf]
    : given.length > 0
      ? given.flatMap((argument) => splitOnce(argument))
      : [
          '--no-hostonly',
          '--no-hostonly-cmdline',
          '--reproducible',
          // dracut's own choice, level 15, takes 8 s for 38 MB; this one takes none, for 7 % more.
          '--compress',
          'zstd -q -3 -T0',
          '--add',
          'dmsquash-live',
          '--omit',
          omitted,
          '--filesystems',
          filesystems,
          '--add-drivers',
          drivers,
        ];

/** lorax splits `--add "a b"` at its first space, and unquotes the rest. */
function splitOnce(argument: string): string[] {
  const [flag = '', ...rest] = argument.split(' ');
  const value = rest.join(' ').replace(/^(?<quote>["'])(?<inner>.*)\k<quote>$/u, '$<inner>');
  return value === '' ? [flag] : [flag, value];
}

/**
 * The newest kernel of the target.
 *
 * @throws {InstallError} when there is none: no package brought one, or a script removed it
 */
export async function kernelVersion(target: Target): Promise<string> {
  const versions = await readdir(await target.path('usr/lib/modules')).catch(() => []);
  const version = versions.toSorted((one, other) => (one < other ? -1 : 1)).at(-1);
  if (version === undefined) throw new InstallError('no kernel in the installed system: put one into %packages');
  return version;
}

/**
 * Makes the medium's initramfs with the target's own dracut. systemd-sysusers writes the day into its `/etc/shadow`: not the
 * build's own, so that an initramfs that is kept is the one that would be made.
 */
export async function makeInitramfs(target: Target, version: string, args: readonly string[]): Promise<void> {
  const dracut = ['dracut', '--force', ...args, '--kver', version, `/${initramfsInTarget}`];
  await target.run(['env', `SOURCE_DATE_EPOCH=${installationEpoch}`, ...dracut]);
}
