import { InvalidArgumentError } from 'commander';

/** `uefi-secure`: with Secure Boot on, which a medium without a vendor's signature must not pass. */
export type Firmware = 'bios' | 'uefi' | 'uefi-secure';

/** What a machine can be booted with. */
export const everyFirmware: readonly Firmware[] = ['bios', 'uefi', 'uefi-secure'];

/** What an ISO has to boot with. */
export const firmwares: readonly Firmware[] = ['bios', 'uefi'];

/** `bios,uefi`, or the option as often. A list of words would take the target after it for one more. */
export function firmwareList(text: string, before: readonly Firmware[]): Firmware[] {
  const named = text.split(',').map((word) => {
    const known = everyFirmware.find((firmware) => firmware === word);
    if (known === undefined) throw new InvalidArgumentError(`Allowed are ${everyFirmware.join(', ')}.`);
    return known;
  });
  return [...new Set([...(before === firmwares ? [] : before), ...named])];
}
