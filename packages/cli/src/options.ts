/** `uefi-secure`: with Secure Boot on, which a medium without a vendor's signature must not pass. */
export type Firmware = 'bios' | 'uefi' | 'uefi-secure';

/** What a machine can be booted with. */
export const everyFirmware: readonly Firmware[] = ['bios', 'uefi', 'uefi-secure'];

/** What an ISO has to boot with. */
export const firmwares: readonly Firmware[] = ['bios', 'uefi'];
