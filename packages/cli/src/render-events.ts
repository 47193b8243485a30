import type { DeployEvent } from '@phyllome/deploy';
import type { Progress } from '@phyllome/host';
import type { BuildEvent } from '@phyllome/iso-builder';
import type { VmEvent } from '@phyllome/vm-tester';
import { clock, say } from './render.ts';

/** Whatever happens in a build, in a machine or while an edition is installed. */
export type PhyllomeEvent = BuildEvent | VmEvent | DeployEvent;

/** Progress is printed at most this often: a phase may go from nothing to all of it within a second. */
const progressEveryMs = 5000;

/**
 * Prints events as plain lines, for logs: the time since it began, the phase, how far it is and how long it will take,
 * and whatever is wrong. For one build, one machine or one installation.
 */
export function lineRenderer(): (event: PhyllomeEvent) => void {
  const printedAt = new Map<string, number>();
  let start: number | undefined;
  let whole = '';

  function isDue(event: PhyllomeEvent): boolean {
    const now = performance.now();
    if (event.type === 'phase') printedAt.set(event.phase, now);
    if (event.type !== 'progress' && event.type !== 'download') return true;
    const what = event.type === 'progress' ? event.phase : event.file;
    const isLast = event.type === 'download' && event.done === event.total;
    if (!isLast && now - (printedAt.get(what) ?? -Infinity) < progressEveryMs) return false;
    printedAt.set(what, now);
    return true;
  }
  function timeOf(event: PhyllomeEvent): string {
    if ('time' in event) return clock(event.time - (start ??= event.time));
    if ('atMs' in event) return clock(event.atMs);
    return event.type === 'finding' ? clock(event.evidence.atMs) : '';
  }
  return (event) => {
    const at = timeOf(event);
    if (event.type === 'estimate') whole = ` (${overall(event)})`;
    if (!isDue(event)) return;
    const isPhase = event.type === 'phase' || event.type === 'progress';
    for (const line of describeEvent(event)) say(`${at.padStart(7)}  ${line}${isPhase ? whole : ''}`);
  };
}

/** An event in words: no line for those that only programs read, and those whose end the command prints itself. */
export function describeEvent(event: PhyllomeEvent): string[] {
  switch (event.type) {
    case 'phase':
      return [event.phase];
    case 'progress':
      return [`${event.phase}: ${progressText(event)}`];
    case 'download':
      return [`${event.file}: ${progressText({ ...event, unit: 'bytes' })}`];
    case 'host':
      return [
        `QEMU ${event.qemuVersion}, ${event.accelerator}: ${event.reason}`,
        ...event.warnings.map((warning) => `warning: ${warning}`),
      ];
    case 'warning':
      return [`warning: ${event.message}`];
    case 'waiting':
      return [`${event.holder} is making the same ${event.what}: waiting for it, to share the result`];
    case 'queued':
      return [`waiting for ${event.cpus} CPUs and ${event.memoryMiB} MiB, which other machines have: ${event.holders}`];
    case 'source':
      return [`installer: ${event.name}; /${event.kickstart} is in its initramfs`];
    case 'installer-error':
      return [`the installer says: ${event.message}`];
    case 'instrument':
      return event.instrument === 'credential' ? [] : [`reached by ${event.instrument}`];
    case 'finding':
      return [`${event.severity}: ${event.cause}: ${event.evidence.line}`];
    case 'again':
      return [`${event.verdict.status}, ${event.reason}`];
    case 'uninstrumented':
      return [`without the tester's instruments: ${event.status}${event.why === undefined ? '' : `: ${event.why}`}`];
    case 'installed':
      return [`${event.disk}: installed`];
    default:
      return [];
  }
}

/** How far something is, in words. */
export function progressText({ done, total, unit }: Progress): string {
  if (total === undefined) return unit === 'bytes' ? `${mebibytes(done)} MiB` : `${done} ${unit}`;
  return {
    percent: `${done} %`,
    packages: `${done} of ${total} packages`,
    bytes: `${mebibytes(done)} of ${mebibytes(total)} MiB`,
  }[unit];
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

function overall({ fraction, remainingMs }: BuildEvent & { type: 'estimate' }): string {
  return `${Math.floor(fraction * 100)} %${remainingMs === undefined ? '' : `, ${clock(remainingMs)} left`}`;
}
