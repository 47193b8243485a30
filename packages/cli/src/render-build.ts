import type { BuildEvent } from '@phyllome/iso-builder';
import { MultiBar, type SingleBar } from 'cli-progress';
import { safeLine } from '@phyllome/host/terminal';
import { printJson, stdoutStream } from './print.ts';
import { clock } from './render.ts';
import { describeEvent, lineRenderer } from './render-events.ts';

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
  if (view === 'bar') return await showBar(events);
  const show = view === 'json' ? printJson : lineRenderer();
  for await (const event of events) show(event);
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
      const lines = describeEvent(event);
      if (event.type === 'phase' || event.type === 'progress') bar.update({ phase: lines.join(' ') });
      else if (event.type === 'estimate')
        bar.update(Math.round(event.fraction * 1000), {
          elapsed: clock(event.elapsedMs),
          remaining: event.remainingMs === undefined ? '' : `, ${clock(event.remainingMs)} left`,
        });
      else for (const line of lines) bars.log(`${safeLine(line)}\n`);
    }
  } finally {
    bars.stop();
  }
}
