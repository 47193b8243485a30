import { type Architecture, architectures } from '@phyllome/host/architecture';
import type { Cable } from '../network/private-network.ts';

/** QEMU's user network in its usual subnet, or, as `libvirt`, in the one that a guest of libvirt's default network is in. */
export type Network = 'none' | 'user' | 'libvirt';

/** What a named machine consists of: on q35's chipset, or on QEMU's `virt` for ARM. */
export interface Hardware {
  architecture: Architecture;
  cpus: number;
  memoryMiB: number;
  /** An empty disk beside the image, to install to; 0 for none. */
  diskMiB: number;
  firmware: 'bios' | 'uefi';
  /** A cable leads into a network that machines of the same test share. */
  network: Network | Cable;
  /** Into how many slots {@link Machine.addDisk} puts disks while the machine runs. */
  diskSlots: number;
  video: 'VGA' | 'virtio-vga' | 'virtio-gpu-pci';
  /** A tablet on USB beside the PS/2 keyboard; or both by virtio. */
  input: 'usb' | 'virtio';
  /** What an optical drive hangs on. */
  cdrom: 'ahci' | 'virtio-scsi';
  medium: 'disk' | 'cdrom' | 'usb';
}

/** The name of a set of hardware ({@link HARDWARE}). */
export type MachineType = 'tester' | 'phyllome' | 'arm';

export const HARDWARE: Record<MachineType, Hardware> = {
  /** The tester's own: what any image knows, and what boots soonest. */
  tester: {
    architecture: architectures.x86_64,
    cpus: 2,
    memoryMiB: 2048,
    diskMiB: 0,
    firmware: 'bios',
    network: 'none',
    diskSlots: 0,
    video: 'VGA',
    input: 'usb',
    cdrom: 'ahci',
    medium: 'disk',
  },
  /**
   * What Phyllome OS deploys itself to by virt-install: UEFI, all of it virtio and no USB, and a disk of 5 GB. A network
   * by QEMU's own gateway stands for libvirt's.
   */
  phyllome: {
    architecture: architectures.x86_64,
    cpus: 2,
    memoryMiB: 4096,
    diskMiB: 5 * 1024,
    firmware: 'uefi',
    network: 'user',
    diskSlots: 0,
    video: 'virtio-vga',
    input: 'virtio',
    cdrom: 'virtio-scsi',
    medium: 'cdrom',
  },
  /** For images of 64-bit ARM, all of it virtio; under TCG, whatever this host is. */
  arm: {
    architecture: architectures.aarch64,
    cpus: 2,
    memoryMiB: 2048,
    diskMiB: 0,
    firmware: 'uefi',
    network: 'none',
    diskSlots: 0,
    video: 'virtio-gpu-pci',
    input: 'virtio',
    cdrom: 'virtio-scsi',
    medium: 'disk',
  },
};
