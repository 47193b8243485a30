import type { Machine, Verdict } from '@phyllome/vm-tester';
import type { Edition } from './edition.ts';

/** How long a boot may take until it asks for a passphrase, on a real processor. */
const PASSPHRASE_MS = 60_000;

/**
 * Boots, and types the passphrase of an encrypted disk as often as the boot asks for it, as a person would: systemd asks
 * again for one that is wrong, and gives up after some times.
 *
 * @returns what `boot` does
 */
export async function bootOpening(
  booting: Machine,
  { traits, passphrase }: Pick<Edition, 'traits' | 'passphrase'>,
  boot: () => Promise<Verdict>,
): Promise<Verdict> {
  const up = new AbortController();
  // First: what the console showed before a reboot is forgotten by it.
  const booted = boot();
  const typing =
    traits.has('encrypted') && passphrase !== undefined ? typeWhenAsked(booting, passphrase, up.signal) : undefined;
  try {
    return await booted;
  } finally {
    up.abort(new Error('it is up'));
    await typing;
  }
}

/**
 * Boots again. A check that reboots does it by this: an encrypted disk asks at every boot.
 *
 * @throws {Error} with the verdict where that boot is not accepted
 */
export async function reboot(vm: Machine, edition: Pick<Edition, 'traits' | 'passphrase'>): Promise<void> {
  const verdict = await bootOpening(vm, edition, () => vm.reboot());
  if (verdict.status !== 'accepted')
    throw new Error(`booted again, it is ${verdict.status} in phase ${verdict.phase}: ${verdict.cause}`);
}

async function typeWhenAsked(booting: Machine, passphrase: string, signal: AbortSignal): Promise<void> {
  for (let times = 1; ; times += 1) {
    const nth = new RegExp(`(?:passphrase for disk[^]*?){${times}}`, 'iu');
    // A machine that ends before it asks says why by its verdict.
    const asked = await booting.waitForConsoleText(nth, { timeoutMs: PASSPHRASE_MS, signal }).catch(() => undefined);
    if (!asked) return;
    booting.sendConsole(`${passphrase}\r`);
  }
}
