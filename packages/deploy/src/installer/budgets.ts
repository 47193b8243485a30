import type { InstallPhase } from '@phyllome/installer';

/**
 * How long a phase may last without a sign of progress: `fixedMs` is waiting for others (mirrors, mostly), `scaledMs` is
 * work, multiplied with the host's time scale and load.
 */
export const INSTALL_BUDGETS: Readonly<Record<InstallPhase, { fixedMs: number; scaledMs: number }>> = {
  firmware: { fixedMs: 30_000, scaledMs: 15_000 },
  // dracut fetches the installer's own system, of a gigabyte, from a mirror.
  kernel: { fixedMs: 600_000, scaledMs: 60_000 },
  installer: { fixedMs: 300_000, scaledMs: 120_000 },
  storage: { fixedMs: 300_000, scaledMs: 60_000 },
  // One package may have a script that takes minutes.
  packages: { fixedMs: 900_000, scaledMs: 120_000 },
  bootloader: { fixedMs: 120_000, scaledMs: 60_000 },
  configuration: { fixedMs: 120_000, scaledMs: 120_000 },
  scripts: { fixedMs: 600_000, scaledMs: 180_000 },
  installed: { fixedMs: 120_000, scaledMs: 30_000 },
  'powered-off': { fixedMs: 30_000, scaledMs: 0 },
};
