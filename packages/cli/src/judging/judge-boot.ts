import { type AcceptOptions, type Verdict, acceptImage, keepAccepted, readAllowList } from '@phyllome/vm-tester';
import type { Firmware } from '../options/firmware.ts';
import { inLines } from '../render-events.ts';
import { printVerdict } from './print-verdict.ts';

/** What judges a boot, and where it goes. */
export interface BootJudgement extends Omit<AcceptOptions, 'allow' | 'onEvent' | 'firmware' | 'artifactsDir'> {
  firmware: Firmware;
  artifactsDir: string;
  /** The path of a list of what is allowed. */
  allow: string | undefined;
  /** What is kept of the last run that was accepted. */
  kept: string;
}

/** Judges an image by its boot alone, shows how it goes and what comes of it, and keeps an accepted run to compare with. */
export async function judgeBoot(
  image: Parameters<typeof acceptImage>[0],
  { allow, kept, ...options }: BootJudgement,
): Promise<Verdict['status']> {
  const known = allow === undefined ? undefined : await readAllowList(allow);
  const verdict = await inLines((onEvent) =>
    acceptImage(image, { ...options, onEvent, ...(known && { allow: known }) }),
  );
  printVerdict(verdict, options.firmware, options.artifactsDir);
  if (verdict.status === 'accepted') await keepAccepted(options.artifactsDir, kept);
  return verdict.status;
}
