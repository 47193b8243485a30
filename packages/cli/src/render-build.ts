import type { BuildEvent } from '@phyllome/iso-builder';
import { MultiBar, type SingleBar } from 'cli-progress';
import { progressEveryMs, progressText, say } from './render.ts';
import { safeLine } from '@phyllome/host/terminal';
import { printJson, stdoutStream } from './print.ts';

/** How a build is shown: `bar` on a terminal, `lines` in a log, `json` for programs. */
export type BuildView = 'bar' | 'lines' | 'json';

/** What suits the place that standard output goes to. */
export function viewFor(json: boolean, env: NodeJS.ProcessEnv): BuildView {
  if (json) return 'json';
  const log = (env['CI'] ?? '') !== '' || env['TERM'] === 'dumb';
  return process.stdout.isTTY && !log ? 'bar' : 'lines';
}

/** Shows a build until it ends. What the builder itself says is in `logs/`. */
export async function showBuild(events: AsyncIterable<BuildEvent>, view: BuildView): Promise<void> {
  switch (view) {
    case 'json':
      for await (const event of events) printJson(event);
      return;
    case 'bar':
      return await showBar(events);
    case 'lines':
      return await showLines(events);
  }
}

/** Plain lines: the time since it began, the phase, how far it is and how long it will take, and whatever is wrong. */
async function showLines(events: AsyncIterable<BuildEvent>): Promise<void> {
  let start: number | undefined;
  let printed = 0;
  let whole = '';
  for await (const event of events) {
    start ??= event.time;
    const at = clock(event.time - start).padStart(7);
    switch (event.type) {
      case 'phase':
        printed = event.time;
        say(`${at}  ${event.phase}${whole}`);
        break;
      case 'progress':
        if (event.time - printed < progressEveryMs) break;
        printed = event.time;
        say(`${at}  ${event.phase}: ${progressText(event)}${whole}`);
        break;
      case 'estimate':
        whole = ` (${overall(event)})`;
        break;
      default: {
        const line = remark(event);
        if (line !== undefined) say(`${at}  ${line}`);
      }
    }
  }
}

/** One line that changes; what is wrong stays above it. */
async function showBar(events: AsyncIterable<BuildEvent>): Promise<void> {
  const bars = new MultiBar({
    format: '{bar} {percentage} %  {phase}  {elapsed}{remaining}',
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    stream: stdoutStream(),
    autopadding: true,
  });
  const bar: SingleBar = bars.create(1000, 0, { phase: '', elapsed: clock(0), remaining: '' });
  try {
    for await (const event of events) {
      if (event.type === 'phase') bar.update({ phase: event.phase });
      else if (event.type === 'progress') bar.update({ phase: `${event.phase}: ${progressText(event)}` });
      else if (event.type === 'estimate')
        bar.update(Math.round(event.fraction * 1000), {
          elapsed: clock(event.elapsedMs),
          remaining: event.remainingMs === undefined ? '' : `, ${clock(event.remainingMs)} left`,
        });
      const line = remark(event);
      if (line !== undefined) bars.log(`${safeLine(line)}\n`);
    }
  } finally {
    bars.stop();
  }
}

/** What is said of an event that is not progress; undefined: nothing. */
function remark(event: BuildEvent): string | undefined {
  if (event.type === 'warning') return `warning: ${event.message}`;
  if (event.type === 'installer-error') return `the installer says: ${event.message}`;
  if (event.type !== 'waiting') return undefined;
  return `${event.holder} is making the same ${event.what}: waiting for it, to share the result`;
}

const overall = ({ fraction, remainingMs }: BuildEvent & { type: 'estimate' }): string =>
  `${Math.floor(fraction * 100)} %${remainingMs === undefined ? '' : `, ${clock(remainingMs)} left`}`;

/** `0:07`, `12:34`, `1:02:03`. */
export function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const rest = two(seconds % 60);
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`;
}

const two = (value: number): string => String(value).padStart(2, '0');
