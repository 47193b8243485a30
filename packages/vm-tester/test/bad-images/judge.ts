import { mkdtempDisposable } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { acceptIso, probeHost } from '../../src/index.ts';
import type { Verdict, VmEvent } from '../../src/index.ts';
import type { BadImage } from './table.ts';

export interface Judged {
  verdict: Verdict;
  /** From what the bound is counted from, to the verdict. */
  tookMs: number;
  boundMs: number;
}

/** The design's: a line that tells is acted on within 2 s, a machine without progress is given 30 s × timeScale. */
const BOUND_MS = { preflight: 10_000, line: 2_000, progress: 30_000 };

/** Makes the image from the good one, judges it, and says how long that took from what the bound is counted from. */
export async function judgeBadImage(good: string, image: BadImage, artifactsDir?: string): Promise<Judged> {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'vm-bad-'));
  const iso = join(directory.path, `${image.name}.iso`);
  await image.write(good, iso);
  const host = await probeHost();
  const events: (VmEvent & { wallMs: number })[] = [];
  let load = 1;
  const start = performance.now();
  const verdict = await acceptIso(iso, {
    host,
    firmware: image.firmware ?? 'bios',
    ...(image.noPreflight && { preflight: false }),
    ...(artifactsDir !== undefined && { artifactsDir }),
    onEvent: (event) => {
      load = Math.max(load, (loadavg()[0] ?? 0) / availableParallelism());
      events.push({ ...event, wallMs: performance.now() - start });
    },
  });
  load = Math.max(load, (loadavg()[0] ?? 0) / availableParallelism());
  const wallOf = (type: VmEvent['type']) => events.findLast((event) => event.type === type)?.wallMs ?? 0;
  const [from, scale] = {
    preflight: [0, 1] as const,
    line: [firstFatal(events), load] as const,
    progress: [wallOf('phase'), host.timeScale * load] as const,
  }[image.bound];
  return { verdict, tookMs: wallOf('verdict') - from, boundMs: BOUND_MS[image.bound] * scale };
}

function firstFatal(events: readonly (VmEvent & { wallMs: number })[]): number {
  return events.find((event) => event.type === 'finding' && event.severity === 'fatal')?.wallMs ?? 0;
}

/** What was said, or that it is what was expected. */
export function difference({ expected }: BadImage, verdict: Verdict): string | undefined {
  const causes = [expected.cause].flat();
  if (verdict.status === 'accepted') return 'accepted';
  const right =
    verdict.status === expected.status &&
    causes.includes(verdict.cause) &&
    (expected.phase === undefined || expected.phase === verdict.phase);
  return right ? undefined : `${verdict.status} in phase ${verdict.phase}: ${verdict.cause}`;
}
