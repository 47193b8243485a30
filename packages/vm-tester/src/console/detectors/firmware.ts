import type { Detector } from './detector.ts';

/**
 * SeaBIOS, OVMF, shim and iPXE. Not here on purpose: SeaBIOS's `Boot failed:`, which good boots print on the way.
 * Sources of the words: edk2 MdeModulePkg BdsDxe, shim's errors, SeaBIOS boot.c, iPXE usr/autoboot.c.
 */
export const FIRMWARE_DETECTORS: readonly Detector[] = [
  {
    id: 'no-bootable-device',
    speaker: 'firmware',
    pattern: /^(?:.*\))?No bootable device|^FATAL: No bootable medium|^BdsDxe: No bootable option or device/,
    cause: 'no-bootable-device',
    severity: 'fatal',
  },
  {
    id: 'uefi-shell',
    speaker: 'firmware',
    pattern: /^UEFI Interactive Shell|^Shell> ?$/,
    cause: 'no-bootable-device',
    severity: 'fatal',
  },
  {
    id: 'secure-boot',
    speaker: ['firmware', 'loader'],
    pattern:
      /^BdsDxe: failed to load .*: (Security Violation|Access Denied)|^(Verification failed|Failed to load image\b[^ ]*|start_image\(\) returned):? .*(Security (Policy )?Violation|Access Denied)|^(error: )?(\S+: ?)?(bad (shim )?signature|[^\s:]+ has invalid signature|verification requested but nobody cares)|^Verifi?ying shim SBAT data failed|^Something has gone seriously wrong: .*(Security|shim)|^Error: .*(Access denied|Security violation)/i,
    cause: 'secure-boot-violation',
    severity: 'fatal',
  },
  {
    id: 'option-not-loaded',
    speaker: 'firmware',
    // The firmware tries the next entry; only when there is none was this the end.
    pattern: /^BdsDxe: failed to (load|start) Boot[0-9A-F]{4} .*: (?!Security Violation|Access Denied|Aborted)[A-Z]/,
    cause: 'no-bootable-device',
    severity: 'fail',
    until: 'bootloader',
  },
  {
    id: 'shim',
    speaker: ['firmware', 'loader'],
    pattern:
      /^(Failed to (open|load|read|start) \\?\S*\\\S+\.efi|start_image\(\) returned|Could not (read|find) MokManager|Failed to get file (size|info)|Something has gone seriously wrong: )/i,
    cause: 'bad-media',
    severity: 'fail',
    until: 'kernel',
  },
  {
    id: 'firmware-exception',
    speaker: ['firmware', 'loader'],
    pattern:
      /^!!!! \S+ Exception Type - |^Synchronous Exception at 0x|^"(Synchronous Abort|Error)" handler, esr|^### ERROR ### Please RESET the board/,
    cause: 'bad-media',
    severity: 'fatal',
  },
  {
    id: 'netboot',
    speaker: ['firmware', 'loader'],
    pattern:
      /^(No more network devices|Could not boot( image)?: |Could not start download: |Nothing to boot: |No filename or root path specified|PXE-E\d\d: |No bootfile name received|Error: (Could not retrieve NBP|Server response timeout))|\(https?:\/\/ipxe\.org\/[0-9a-f]{8}\)$/i,
    cause: 'no-bootable-device',
    severity: 'fail',
    until: 'kernel',
  },
  {
    id: 'boot-sector',
    speaker: ['firmware', 'loader'],
    pattern:
      /^(Missing operating system|Operating System not found|Reboot and Select proper Boot device|Operating system load error|Error loading operating system|Invalid partition table|Non-System disk|This is not a bootable disk|Boot error|No boot signature)/i,
    cause: 'bad-media',
    severity: 'fail',
    until: 'kernel',
  },
];
