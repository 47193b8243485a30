import type { Evidence, Verdict } from './verdict.ts';
import type { Session } from '../machine/session.ts';

/** What the run came to. All three are needed for an image to be good. */
export interface Achieved {
  booted: boolean;
  settled: boolean;
  poweredOff: boolean;
}

/**
 * The verdict on what was seen so far. What broke around the image leaves it unjudged, unless the image had already
 * failed fatally; a run that merely ended early leaves it unjudged too.
 */
export function judge({ watch, infra, now }: Pick<Session, 'watch' | 'infra' | 'now'>, achieved: Achieved): Verdict {
  const milestones = { ...watch.milestones };
  const { phase, rejection } = watch;
  if (infra && !watch.fatal) {
    const { evidence, cause } = infra;
    return { status: 'inconclusive', phase: infra.phase, cause, evidence: [evidence], milestones };
  }
  if (rejection) {
    const others = watch.findings.filter((finding) => finding !== rejection && finding.severity !== 'warn');
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
