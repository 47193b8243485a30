/**
 * What the outside world calls one architecture of machines. Each name has its source: a program that wants another one
 * gets it of this table, and no other file has any of them.
 */
export interface Architecture {
  /** As `uname -m`, RPM, DNF, QEMU, libvirt, productmd's `.treeinfo` and the linker call it. */
  readonly name: 'x86_64' | 'aarch64';
  /** As dpkg and apt do, and the image specification of OCI (Go's `GOARCH`). */
  readonly debian: 'amd64' | 'arm64';
  /** As Node does (`process.arch`), and npm packages of binaries. */
  readonly node: 'x64' | 'arm64';
  /** In names of EFI's files and of the packages that bring them (UEFI 2.10, 3.5.1.1): `shim-x64`, `gcdx64.efi`. */
  readonly efi: 'x64' | 'aa64';
  /** The emulator of whole machines. */
  readonly qemu: string;
  /** `AUDIT_ARCH_*` of the kernel (`include/uapi/linux/audit.h`), which filters of system calls compare. */
  readonly audit: number;
  /** Machines start by a BIOS as well. */
  readonly bios: boolean;
}

export const architectures = {
  x86_64: {
    name: 'x86_64',
    debian: 'amd64',
    node: 'x64',
    efi: 'x64',
    qemu: 'qemu-system-x86_64',
    audit: 0xc0_00_00_3e,
    bios: true,
  },
  aarch64: {
    name: 'aarch64',
    debian: 'arm64',
    node: 'arm64',
    efi: 'aa64',
    qemu: 'qemu-system-aarch64',
    audit: 0xc0_00_00_b7,
    bios: false,
  },
} as const satisfies Record<string, Architecture>;

/** That of editions, builders and guests. */
export const editionArchitecture: Architecture & { readonly name: 'x86_64' } = architectures.x86_64;

/** Architectures that RPM packages are for, in Fedora and what is made of it, and `noarch`: for patterns of their names. */
export const rpmArchitectures = [...Object.keys(architectures), 'noarch', 'i686', 'ppc64le', 's390x'] as const;

/** The file that firmware starts from a medium where no entry names another one: `BOOTX64.EFI`. */
export const removableLoader = ({ efi }: Pick<Architecture, 'efi'>): string => `BOOT${efi.toUpperCase()}.EFI`;

/** As GRUB names its platforms: `x86_64-efi`, `arm64-efi`. */
export const grubPlatform = ({ name, debian, bios }: Architecture): string => `${bios ? name : debian}-efi`;

/**
 * What a machine of another architecture cannot do, and what it can; undefined where there is nothing to say.
 *
 * @param machine as `uname -m` calls it: `aarch64`
 */
export function foreignArchitecture(machine: string): { cannot: string; can: string } | undefined {
  if (machine === editionArchitecture.name) return undefined;
  return {
    cannot: `this machine is ${machine}, and editions are for ${editionArchitecture.name}`,
    can:
      'build editions by an engine on a machine with an Intel or AMD processor (DOCKER_HOST=ssh://HOST), and run them as ' +
      'guests of KVM there; this one can flatten, validate, lint and edit kickstarts, verify and release images, and boot ' +
      'them in an emulator, about ten times slower',
  };
}
