import type { Detector } from './detector.ts';

const KERNEL_FILE = String.raw`(?=\S*(vmlinu[xz]|bzimage|/linux|/Image|kernel|initrd|initramfs|pxeboot|normal\.mod))\S*`;

/**
 * GRUB, ISOLINUX, systemd-boot, U-Boot and the kernel's own stub. What GRUB misses for its looks (fonts, themes, locales) is
 * in good menus too: only the kernel's and initrd's files count. `Minimal BASH-like line editing` is what somebody
 * reads who pressed `c`; a prompt is where GRUB waits.
 */
export const LOADER_DETECTORS: readonly Detector[] = [
  {
    id: 'grub-rescue',
    speaker: 'loader',
    pattern: /^Entering rescue mode\.\.\.|^grub rescue> ?$|^grub> ?$/,
    cause: 'bad-media',
    severity: 'fatal',
  },
  {
    id: 'grub-kernel',
    speaker: 'loader',
    pattern: /^error: (\S+: ?)?you need to load the kernel first/,
    cause: 'bad-media',
    severity: 'fatal',
  },
  {
    id: 'grub-file',
    speaker: 'loader',
    pattern: new RegExp(
      String.raw`^error: (\S+: ?)?(file ['\x60"]${KERNEL_FILE}['"] not found|premature end of file ${KERNEL_FILE}|can't find command ['\x60"](linux|initrd|boot|chainloader|multiboot)\w*['"]|cannot load image|invalid (arch-independent ELF )?magic|invalid arch-dependent ELF magic|ELF header smaller|this ELF file is not|incorrect gzip magic|premature end of compressed|kernel (too old|doesn't support)|plain image kernel not supported|the architecture)`,
      'i',
    ),
    cause: 'bad-media',
    severity: 'fail',
    until: 'kernel',
  },
  {
    id: 'grub-disk',
    speaker: 'loader',
    pattern:
      /^error: (\S+: ?)?(no such (device|partition|disk|cryptodisk found)|disk \S+ not found|unknown filesystem|failure reading sector|attempt to read or write outside of|not a correct \S+ inode|invalid \S+ directory entry|[^\s:]+ read error|symbol \S+ not found|out of memory|shim_lock protocol not found|prohibited by secure boot)|^Error \d\d?(: |$)/i,
    cause: 'bad-media',
    severity: 'fail',
    until: 'kernel',
  },
  {
    id: 'grub-stage',
    speaker: ['firmware', 'loader'],
    pattern: /^GRUB (Geom|Hard Disk|Floppy|Read) Error|^GRUB loading[. ]*(Geom|Read|Hard Disk) Error/,
    cause: 'bad-media',
    severity: 'fatal',
  },
  {
    id: 'grub-heap',
    speaker: 'loader',
    pattern:
      /^(\S+: )?(alloc|free) magic (is )?broken|^(\S+: )?out of memory\.? ?Aborted|^Failed to boot both default and fallback entries/,
    cause: 'bad-media',
    severity: 'fatal',
  },
  {
    id: 'isolinux',
    speaker: ['firmware', 'loader'],
    pattern:
      /^(isolinux|syslinux|extlinux|pxelinux): (Disk error|Image checksum error|.*not found|.*missing or corrupt)|^isolinux\.bin missing or corrupt|^Boot failed: please change disks|^Failed to load (COM32 file )?\S+\.[ce]\d\d\b|^Could not find (kernel|ramdisk) image: |^No DEFAULT or UI configuration directive found|^Loading \S+\.\.\. ?failed|^Booting kernel failed: |^Invalid or corrupt kernel image|^Not enough memory to load specified image|^(ldlinux\.sys: checksum|Image checksum) error|attempted DOS system call|^\S+\.c32: not a COM32R? image/i,
    cause: 'bad-media',
    severity: 'fatal',
  },
  {
    id: 'systemd-boot',
    speaker: 'loader',
    pattern:
      /^(Error (loading|opening|reading|starting|preparing) (EFI binary )?\S*(\\|\.efi|vmlinuz|linux|initrd)|Failed to execute .*\(|No loader found\. Configuration files in|Could not find any (boot )?entries|Bad kernel image|Failed to (load|start) (kernel|initrd)|(systemd|sd)-(boot|stub): Assertion )/i,
    cause: 'bad-media',
    severity: 'fail',
    until: 'kernel',
  },
  {
    // boot/image.c, boot/bootm.c, arch/*/lib/image.c, boot/bootmeth_efi.c of U-Boot, and its older boot scripts.
    id: 'u-boot',
    speaker: ['firmware', 'loader'],
    pattern:
      /^Bad (Linux .*|Image )?magic!|\bBad (Data|Header) (CRC|Checksum|Hash)|^ERROR: can't get kernel image!|^Wrong (Image (Format|Type)|Ramdisk Image Format)|^(Could not find a valid device tree|ERROR: Did not find a cmdline Flattened Device Tree)|^Ramdisk image is corrupt or invalid|^EFI LOAD FAILED|^SCRIPT FAILED/i,
    cause: 'bad-media',
    severity: 'fail',
    until: 'kernel',
  },
  {
    id: 'u-boot-nothing',
    speaker: ['firmware', 'loader'],
    pattern: /^\(\d+ bootflows?, 0 valid\)|^(=>|U-Boot>) ?$/,
    cause: 'no-bootable-device',
    severity: 'fail',
    until: 'kernel',
  },
  {
    id: 'efi-stub',
    speaker: ['firmware', 'loader', 'kernel'],
    pattern:
      /^(exit_boot|exit_efi|efi_main)\(\) failed!|^EFI stub: ERROR: (?!.*(random|TPM|FIRMWARE_BUG|Could not determine UEFI Secure Boot))/,
    cause: 'bad-media',
    severity: 'fail',
    until: 'initrd',
  },
  {
    id: 'other-architecture',
    speaker: ['firmware', 'loader', 'kernel'],
    pattern:
      /^This kernel requires (an? .* CPU, but only detected an? |the following features not present on the CPU)|^Unable to boot - please use a kernel appropriate for your CPU|^BdsDxe: .*: Unsupported$/,
    cause: 'bad-media',
    severity: 'fatal',
  },
];
