import type { BuildEvent } from '@phyllome/iso-builder';
import { MultiBar } from 'cli-progress';
import { isNxTask } from './nx-task.ts';
import { safeLine } from '@phyllome/host/terminal';
import { printJson, stdoutStream } from './print.ts';
import { clock } from './render.ts';
import { describeEvent, inLines } from './render-events.ts';

/** How a build is shown: `bar` on a terminal, `lines` in a log, `json` for programs. */
export type BuildView = 'bar' | 'lines' | 'json';

/** What suits the place that standard output goes to. */
export function viewFor(json: boolean, env: NodeJS.ProcessEnv): BuildView {
  if (json) return 'json';
  const log = (env['CI'] ?? '') !== '' || env['TERM'] === 'dumb';
  return process.stdout.isTTY && !log && !isNxTask(env) ? 'bar' : 'lines';
}

/** Shows a build until it ends. What the builder itself says is in `logs/`. */
export async function showBuild(events: AsyncIterable<BuildEvent>, view: BuildView): Promise<void> {
  if (view === 'bar') return await showBar(events);
  if (view === 'lines') return await inLines(async (show) => await each(events, show));
  await each(events, printJson);
}

async function each(events: AsyncIterable<BuildEvent>, show: (event: BuildEvent) => void): Promise<void> {
  for await (const event of events) show(event);
}

/** One line that changes; what is wrong stays above it. */
async function showBar(events: AsyncIterable<BuildEvent>): Promise<void> {
  const stream = stdoutStream();
  const since = performance.now();
  const shown: Shown = { fraction: 0, what: '', remainingMs: undefined };
  let estimatedAt = since;
  const bars = new MultiBar({
    // By the time of each drawing: that it moves says that the build goes on.
    format: () => {
      const now = performance.now();
      const left = shown.remainingMs === undefined ? undefined : Math.max(0, shown.remainingMs - (now - estimatedAt));
      return barLine({ ...shown, remainingMs: left }, now - since, stream.columns || 80);
    },
    hideCursor: true,
    clearOnComplete: true,
    stream,
    // Some terminals wrap in any case: no line is as wide as they are.
    linewrap: true,
  });
  bars.create(1, 0);
  try {
    for await (const event of events) {
      const lines = describeEvent(event);
      if (event.type === 'phase' || event.type === 'progress') shown.what = lines.join(' ');
      else if (event.type === 'estimate') {
        shown.fraction = event.fraction;
        shown.remainingMs = event.remainingMs;
        estimatedAt = performance.now();
      } else for (const line of lines) bars.log(`${safeLine(line)}\n`);
    }
  } finally {
    // What was logged since it was drawn last.
    bars.update();
    bars.stop();
  }
}

/** How far a build is. */
interface Shown {
  fraction: number;
  /** The phase, and how far that is. */
  what: string;
  remainingMs: number | undefined;
}

/** Columns of the bar itself. */
const bar = { longest: 30, shortest: 8 } as const;

/**
 * One line that is narrower than the terminal, so that no terminal wraps it: bar, percentage, phase and time, of which what
 * says least goes first where there is no room. Pure.
 */
export function barLine({ fraction, what, remainingMs }: Shown, elapsedMs: number, width: number): string {
  const percent = `${Math.floor(fraction * 100)} %`.padStart(4);
  const left = remainingMs === undefined ? '' : `, ${clock(remainingMs)} left`;
  const room = width - 1;
  const texts = [`${percent}  ${what}  ${clock(elapsedMs)}${left}`, `${percent}  ${what}  ${clock(elapsedMs)}`];
  const text = texts.find(({ length }) => length + 1 + bar.shortest <= room);
  if (text === undefined) return texts.find(({ length }) => length <= room) ?? `${percent}  ${what}`.slice(0, room);
  const length = Math.min(bar.longest, room - text.length - 1);
  const full = Math.round(fraction * length);
  return `${'█'.repeat(full)}${'░'.repeat(length - full)} ${text}`;
}
