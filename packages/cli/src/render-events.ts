import type { DeployEvent } from '@phyllome/deploy';
import type { Progress } from '@phyllome/host';
import type { BuildEvent } from '@phyllome/iso-builder';
import type { VmEvent } from '@phyllome/vm-tester';
import { clock, say } from './render.ts';

/** Whatever happens in a build, in a machine or while an edition is installed. */
export type PhyllomeEvent = BuildEvent | VmEvent | DeployEvent;

/** Progress is printed at most this often: a phase may go from nothing to all of it within a second. */
const progressEveryMs = 5000;

/** After so long without a line, one says that what was begun goes on. */
const silentMs = 10_000;

interface LineOptions {
  silentMs?: number;
  print?: (line: string) => void;
}

/**
 * Does work whose events are printed as plain lines, for logs: the time since it began, the phase, how far it is and how
 * long it will take, and whatever is wrong. Where nothing happens for long, a line says what goes on. For one build, one
 * machine or one installation.
 */
export async function inLines<T>(
  work: (onEvent: (event: PhyllomeEvent) => void) => Promise<T>,
  options: LineOptions = {},
): Promise<T> {
  using lines = new Lines(options);
  return await work((event) => lines.show(event));
}

class Lines implements Disposable {
  readonly #printedAt = new Map<string, number>();
  readonly #options: Required<LineOptions>;
  readonly #timer: NodeJS.Timeout;
  /** When it began, by the clock of the events that have one. */
  #start: number | undefined;
  /** Of the last event: since it began, and when that was here, both in milliseconds. */
  #last = { atMs: 0, seen: performance.now() };
  #phase = '';
  #whole = '';

  constructor({ silentMs: silence = silentMs, print = say }: LineOptions) {
    this.#options = { silentMs: silence, print };
    this.#timer = setTimeout(() => this.#goesOn(), silence).unref();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  show(event: PhyllomeEvent): void {
    const at = this.#timeOf(event);
    if (event.type === 'estimate') this.#whole = ` (${overall(event)})`;
    const isPhase = event.type === 'phase' || event.type === 'progress';
    const lines = describeEvent(event);
    if (isPhase || event.type === 'download') this.#phase = lines.join(' ');
    if (!this.#isDue(event)) return;
    for (const line of lines) this.#print(at, `${line}${isPhase ? this.#whole : ''}`);
  }

  #print(at: string, line: string): void {
    this.#options.print(`${at.padStart(7)}  ${line}`);
    this.#timer.refresh();
  }

  #goesOn(): void {
    const { atMs, seen } = this.#last;
    const what = this.#phase === '' ? '' : `${this.#phase}, `;
    this.#print(clock(atMs + performance.now() - seen), `${what}still running${this.#whole}`);
  }

  #isDue(event: PhyllomeEvent): boolean {
    const now = performance.now();
    if (event.type === 'phase') this.#printedAt.set(event.phase, now);
    if (event.type !== 'progress' && event.type !== 'download') return true;
    const what = event.type === 'progress' ? event.phase : event.file;
    const isLast = event.type === 'download' && event.done === event.total;
    if (!isLast && now - (this.#printedAt.get(what) ?? -Infinity) < progressEveryMs) return false;
    this.#printedAt.set(what, now);
    return true;
  }

  #timeOf(event: PhyllomeEvent): string {
    const atMs = this.#msOf(event);
    if (atMs === undefined) return '';
    this.#last = { atMs, seen: performance.now() };
    return clock(atMs);
  }

  #msOf(event: PhyllomeEvent): number | undefined {
    if ('time' in event) return event.time - (this.#start ??= event.time);
    if ('atMs' in event) return event.atMs;
    return event.type === 'finding' ? event.evidence.atMs : undefined;
  }
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
