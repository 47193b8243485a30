import { editionArchitecture } from '@phyllome/host/architecture';
import type { Distribution, Family } from './distribution.ts';

/** A program that deploying needs, and the packages that bring it, by distribution. */
export interface Need {
  id: 'qemu' | 'qemu-img' | 'libvirt' | 'virt-install' | 'virt-manager' | 'ovmf' | 'swtpm' | 'xorriso';
  program: string;
  /** What it is needed for, as the end of a sentence that begins with its name. */
  why: string;
  packages: Readonly<Record<Family, readonly string[]>>;
}

/**
 * Names as the distributions have them today: Fedora 44, Debian 12 and 13 (the same in Ubuntu 22.04 and later), Arch,
 * openSUSE. `qemu-kvm` is a virtual package in Debian; `virt-install` is `virtinst` there.
 */
export const needs: Readonly<Record<Need['id'], Need>> = {
  qemu: {
    id: 'qemu',
    program: editionArchitecture.qemu,
    why: 'it runs the machine',
    packages: { fedora: ['qemu-kvm'], debian: ['qemu-system-x86'], arch: ['qemu-desktop'], suse: ['qemu-x86'] },
  },
  'qemu-img': {
    id: 'qemu-img',
    program: 'qemu-img',
    why: "it makes libvirt's disks",
    packages: { fedora: ['qemu-img'], debian: ['qemu-utils'], arch: ['qemu-img'], suse: ['qemu-tools'] },
  },
  libvirt: {
    id: 'libvirt',
    program: 'virsh',
    why: 'it looks after machines and their network',
    packages: {
      fedora: ['libvirt', 'libvirt-daemon-config-network', 'libvirt-daemon-kvm'],
      debian: ['libvirt-daemon-system', 'libvirt-clients', 'dnsmasq-base'],
      arch: ['libvirt', 'dnsmasq'],
      suse: ['libvirt', 'libvirt-daemon-qemu'],
    },
  },
  'virt-install': {
    id: 'virt-install',
    program: 'virt-install',
    why: 'it installs an edition into a machine of libvirt',
    packages: { fedora: ['virt-install'], debian: ['virtinst'], arch: ['virt-install'], suse: ['virt-install'] },
  },
  'virt-manager': {
    id: 'virt-manager',
    program: 'virt-manager',
    why: 'it shows the machine',
    packages: { fedora: ['virt-manager'], debian: ['virt-manager'], arch: ['virt-manager'], suse: ['virt-manager'] },
  },
  ovmf: {
    id: 'ovmf',
    program: 'OVMF',
    why: 'it is the UEFI firmware that machines boot with',
    packages: {
      fedora: ['edk2-ovmf'],
      debian: ['ovmf'],
      arch: ['edk2-ovmf'],
      suse: [`qemu-ovmf-${editionArchitecture.name}`],
    },
  },
  swtpm: {
    id: 'swtpm',
    program: 'swtpm',
    why: 'it gives guests a TPM',
    // Debian splits the set-up tools off, and libvirt calls them.
    packages: { fedora: ['swtpm'], debian: ['swtpm', 'swtpm-tools'], arch: ['swtpm'], suse: ['swtpm'] },
  },
  xorriso: {
    id: 'xorriso',
    program: 'xorriso',
    why: "it reads the kernel and the initramfs out of an installer's ISO",
    packages: { fedora: ['xorriso'], debian: ['xorriso'], arch: ['libisoburn'], suse: ['xorriso'] },
  },
};

const COMMANDS: Readonly<Record<Family, string>> = {
  fedora: 'sudo dnf install',
  debian: 'sudo apt install',
  arch: 'sudo pacman -S',
  suse: 'sudo zypper install',
};

/** The command that brings what is missing; on a distribution that we know not, a sentence. */
export function installCommand({ family, name }: Distribution, missing: readonly Need['id'][]): string {
  if (family !== undefined) {
    return [COMMANDS[family], ...new Set(missing.flatMap((id) => needs[id].packages[family]))].join(' ');
  }
  return `install ${missing.map((id) => needs[id].program).join(', ')}; how they are packaged for ${name} is not known here`;
}
