import type { Cause, Evidence, Verdict } from './verdict.ts';
import type { Session } from '../machine/session.ts';

/** What the run came to. All three are needed for an image to be good. */
export interface Achieved {
  booted: boolean;
  settled: boolean;
  poweredOff: boolean;
}

/** A machine that got less than a third of the time it could have used is not judged by what it did not do in time. */
const STARVED_SHARE = 2 / 3;
/** For what the guest timed by its own clock, which no deadline of ours lengthens. */
const CLOCK_SHARE = 1 / 2;
/** What a guest does too late, or not at all, where a faster one is well. The rest is wrong at any speed. */
const DEPENDS_ON_TIME: readonly Cause[] = [
  'failed-unit',
  'degraded',
  'lockup',
  'stalled',
  'spinning',
  'waiting',
  'assertion',
  'unclean-shutdown',
];

/**
 * The verdict on what was seen so far. What broke around the image leaves it unjudged, unless the image had already
 * failed fatally; a run that merely ended early leaves it unjudged too.
 */
export function judge(
  { monitor, infra, now, lostShare }: Pick<Session, 'monitor' | 'infra' | 'now' | 'lostShare'>,
  achieved: Achieved,
): Verdict {
  const milestones = { ...monitor.milestones };
  const { phase, rejection } = monitor;
  if (infra && !monitor.fatal) {
    const { evidence, cause } = infra;
    return { status: 'inconclusive', phase: infra.phase, cause, evidence: [evidence], milestones };
  }
  if (rejection && lostShare > excusedFrom(rejection.cause, monitor)) {
    const line = `this machine was denied ${Math.round(lostShare * 100)} % of its time by others on the host`;
    const starved: Evidence = { source: 'host', atMs: now(), line, detector: 'starved' };
    const evidence = [starved, rejection.evidence];
    return { status: 'inconclusive', phase: rejection.phase, cause: 'infra:starved', evidence, milestones };
  }
  if (rejection) {
    const others = monitor.findings.filter((finding) => finding !== rejection && finding.severity !== 'warn');
    const evidence = [rejection, ...others].map((finding) => finding.evidence);
    return { status: 'rejected', phase: rejection.phase, cause: rejection.cause, evidence, milestones };
  }
  const { booted, settled, poweredOff } = achieved;
  if (booted && settled && poweredOff) return { status: 'accepted', milestones };
  const evidence: Evidence = {
    source: 'process',
    atMs: now(),
    detector: 'incomplete',
    line: `the run ended early: booted ${booted}, settled ${settled}, powered off ${poweredOff}`,
  };
  return { status: 'inconclusive', phase, cause: 'infra:qemu', evidence: [evidence], milestones };
}

/** The lost share of its time above which a machine is not rejected for this. */
function excusedFrom(cause: Cause, { timedOut }: { timedOut: boolean }): number {
  if (cause === 'emergency-mode') return timedOut ? CLOCK_SHARE : 1;
  return DEPENDS_ON_TIME.includes(cause) ? STARVED_SHARE : 1;
}
