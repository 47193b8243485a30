import { join } from 'node:path';
import type { Hardware } from './hardware.ts';

/**
 * An ISO: `disk` is as an SSD would be seen, and fastest; `cdrom` in an optical drive; `usb` a stick.
 * Default: what the machine's type has.
 */
export interface IsoImage {
  iso: string;
  as?: 'disk' | 'cdrom' | 'usb';
}

/** A disk. What the guest writes goes to an overlay, which goes with the machine, unless it is to be kept. */
export interface DiskImage {
  disk: string;
  format: 'raw' | 'qcow2';
  /** What the guest writes stays. */
  keep?: boolean;
}

/** A kernel that QEMU loads itself, with what it finds its root on. */
export interface KernelImage {
  kernel: string;
  initrd?: string;
  cmdline?: string;
  medium?: IsoImage | DiskImage;
}

/**
 * What the firmware's PXE loads, from a directory that the machine's own network serves and nobody else sees: by BIOS a
 * network boot program or a script of iPXE's, by UEFI an EFI program. By HTTP a script finds the files beside it
 * at iPXE's `${cwduri}`.
 */
export interface NetworkImage {
  /** The directory. */
  netboot: string;
  /** In it, what is loaded first: `boot.ipxe`. */
  bootFile: string;
  /** Default `tftp`. */
  by?: 'tftp' | 'http';
  /** What is in the machine besides, as the disk that is installed to; the firmware looks there after the network. */
  medium?: IsoImage | DiskImage;
}

/** What is put into the machine. */
export type Image = IsoImage | DiskImage | KernelImage | NetworkImage;

/** The file that a machine is about, for messages. */
export function imagePath(image: Image): string {
  if ('netboot' in image) return join(image.netboot, image.bootFile);
  return 'iso' in image ? image.iso : 'disk' in image ? image.disk : image.kernel;
}

/** What the machine boots from. `overlay`: a qcow2 file over a disk, which takes what the guest writes. */
export type Medium =
  | (Required<IsoImage> & { overlay?: undefined })
  | (DiskImage & { as?: undefined; overlay: string | undefined });

/** Block nodes that hold what a guest writes: a snapshot keeps them, too. */
export const OVERLAY = 'medium';
export const SCRATCH = 'scratch';

/** `boots`: the firmware looks here first. */
export function medium(source: Medium, cdrom: Hardware['cdrom'], boots = true): string[] {
  const first = boots ? ',bootindex=0' : '';
  if (!('iso' in source)) return disk(source, first);
  const blockdev = blockNode('medium', 'raw', source.iso, { 'read-only': true });
  const device = {
    disk: ['-device', `virtio-blk-pci,drive=medium${first}`],
    cdrom:
      cdrom === 'ahci'
        ? ['-device', `ide-cd,drive=medium${first}`]
        : ['-device', 'virtio-scsi-pci', '-device', `scsi-cd,drive=medium${first}`],
    usb: ['-device', `usb-storage,drive=medium${first}`],
  }[source.as];
  return [...blockdev, ...device];
}

function disk(
  { disk: path, format, keep, overlay }: DiskImage & { overlay: string | undefined },
  first: string,
): string[] {
  const device = ['-device', `virtio-blk-pci,drive=medium${first}`];
  if (overlay !== undefined) return [...blockNode(OVERLAY, 'qcow2', overlay), ...device];
  // Where no overlay is made, QEMU makes one in its temporary directory.
  const snapshot = keep ? 'off' : 'on';
  return ['-drive', `if=none,id=medium,format=${format},file=${commas(path)},snapshot=${snapshot}`, ...device];
}

/** An empty disk that is thrown away: what is written to it need never reach the host's disk. */
export function scratch(path: string): string[] {
  const cache = { cache: { direct: false, 'no-flush': true } };
  return [...blockNode(SCRATCH, 'qcow2', path, cache), '-device', `virtio-blk-pci,drive=${SCRATCH},bootindex=1`];
}

function blockNode(name: string, driver: string, filename: string, more: Record<string, unknown> = {}): string[] {
  const file = { driver: 'file', filename };
  return ['-blockdev', JSON.stringify({ driver, 'node-name': name, ...more, file })];
}

/** QEMU's option syntax doubles a comma to mean one. */
export function commas(value: string): string {
  return value.replaceAll(',', ',,');
}
