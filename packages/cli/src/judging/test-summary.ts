import type { Verdict } from '@phyllome/vm-tester';
import type { Firmware } from '../options/firmware.ts';
import { clock } from '../render.ts';

/** What one firmware came to, with all its boots. */
export interface Boot {
  readonly firmware: Firmware;
  readonly status: Verdict['status'];
  readonly durationMs: number;
}

const next: Readonly<Record<Verdict['status'], (target: string) => string>> = {
  accepted: (target) => (target.startsWith('install-') ? 'boot it as you like' : `work with it: phyllome up ${target}`),
  rejected: () => 'why: the report above, and beside it the console, the journal and screenshots',
  inconclusive: () => 'nothing is known of the image: phyllome doctor checks this machine',
};

/** What the whole target came to, by which firmware, how long it took, and what to do next. Pure. */
export function testSummary(
  target: string,
  status: Verdict['status'],
  { boots, durationMs }: { boots: readonly Boot[]; durationMs: number },
): string {
  const each = boots.map((boot) => `${boot.firmware} ${boot.status} in ${clock(boot.durationMs)}`);
  return `${target}: ${status} in ${clock(durationMs)}\n  ${each.join(', ')}\n  ${next[status](target)}`;
}
