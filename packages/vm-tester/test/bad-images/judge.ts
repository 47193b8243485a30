import { availableParallelism, loadavg } from 'node:os';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '@phyllome/host';
import { acceptIso, probeHost } from '../../src/index.ts';
import type { Verdict, VmEvent } from '../../src/index.ts';
import type { BadImage } from './table.ts';

export interface TimedVerdict {
  verdict: Verdict;
  /** From what the bound is counted from, to the verdict. */
  tookMs: number;
  boundMs: number;
  /** How large its report is. */
  reportBytes: number;
}

/** One file that can be sent by mail, whatever a guest printed. */
export const LARGEST_REPORT = 5_000_000;

/** The design's: a line that tells is acted on within 2 s, a machine without progress is given 30 s × timeScale. */
const BOUND_MS = { preflight: 10_000, line: 2_000, progress: 30_000 };

/** Makes the image from the good one, judges it, and says how long that took from what the bound is counted from. */
export async function judgeBadImage(good: string, image: BadImage): Promise<TimedVerdict> {
  await using directory = await temporaryDirectory('vm-bad-');
  const iso = join(directory.path, `${image.name}.iso`);
  const artifacts = join(directory.path, 'artifacts');
  await image.write(good, iso);
  const host = await probeHost();
  const events: Timed[] = [];
  let load = 1;
  const start = performance.now();
  const verdict = await acceptIso(iso, {
    host,
    firmware: image.firmware ?? 'bios',
    ...(image.noPreflight && { preflight: false }),
    ...(image.login && { login: image.login }),
    artifactsDir: artifacts,
    onEvent: (event) => {
      load = Math.max(load, (loadavg()[0] ?? 0) / availableParallelism());
      events.push({ ...event, wallMs: performance.now() - start });
    },
  });
  load = Math.max(load, (loadavg()[0] ?? 0) / availableParallelism());
  const [bound, scale] = [BOUND_MS[image.bound], image.bound === 'progress' ? host.timeScale * load : load];
  const reportBytes = (await stat(join(artifacts, 'report.html'))).size;
  const tookMs = Math.max(...attempts(events).map((attempt) => tookOf(attempt, image.bound)));
  return { verdict, tookMs, reportBytes, boundMs: image.bound === 'preflight' ? bound : bound * scale };
}

type Timed = VmEvent & { wallMs: number };

/** The events of each attempt, up to its verdict. */
function attempts(events: readonly Timed[]): Timed[][] {
  const again = events.findIndex((event) => event.type === 'again');
  return again < 0 ? [[...events]] : [events.slice(0, again + 1), events.slice(again + 1)];
}

function tookOf(events: readonly Timed[], bound: BadImage['bound']): number {
  const from = {
    preflight: () => undefined,
    line: () => events.find((event) => event.type === 'finding' && event.severity === 'fatal'),
    progress: () => events.findLast((event) => event.type === 'phase'),
  }[bound]();
  return (events.at(-1)?.wallMs ?? 0) - (from?.wallMs ?? 0);
}

/** What was said, or that it is what was expected. */
export function difference({ expected }: BadImage, verdict: Verdict): string | undefined {
  if (verdict.status === 'accepted') return expected.status === 'accepted' ? undefined : 'accepted';
  if (expected.status === 'accepted') return `${verdict.status} in phase ${verdict.phase}: ${verdict.cause}`;
  const causes = [expected.cause].flat();
  const right =
    verdict.status === expected.status &&
    causes.includes(verdict.cause) &&
    (expected.phase === undefined || expected.phase === verdict.phase);
  return right ? undefined : `${verdict.status} in phase ${verdict.phase}: ${verdict.cause}`;
}
