import { setTimeout as sleep } from 'node:timers/promises';
import { LEAVING_MS } from '../verdict/boot-monitor.ts';
import type { Session } from './session.ts';

const LOOK_EVERY_MS = 20;
/** A console that says nothing for so long has said what belongs to the line that ended the run. */
const SILENT_MS = 100;
/** Some never fall silent: a corrupt file system is reported a thousand times. */
const LONGEST_MS = 600;

/**
 * After a fatal line, what follows it (a trace, the reason) belongs to the evidence: waits until the consoles are
 * silent. `atLeastMs`: so long a silence proves nothing yet. An I/O error may be but the first that is seen of a reset.
 */
export async function collectPostMortem(
  { qemu, monitor, now }: Session,
  longestMs = LONGEST_MS,
  { atLeastMs = 0 } = {},
): Promise<void> {
  const start = now();
  const doubtful = () => (monitor.fatal?.cause ?? 'io-error') === 'io-error';
  const earliest = () => start + (doubtful() ? Math.max(atLeastMs, LEAVING_MS) : atLeastMs);
  const latest = () => Math.max(start + longestMs, earliest());
  const silent = () => now() - Math.max(earliest() - SILENT_MS, monitor.heardAtMs) >= SILENT_MS;
  do await sleep(LOOK_EVERY_MS);
  while (qemu.alive && now() < latest() && !silent());
}
