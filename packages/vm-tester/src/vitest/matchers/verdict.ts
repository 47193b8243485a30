import type { Cause, Phase, Verdict } from '../../verdict/verdict.ts';
import { aboutMachine, aboutVerdict, some } from '../answer.ts';
import type { Answer } from '../answer.ts';

export const toBeAccepted = aboutVerdict((verdict): Answer => ({
  pass: verdict.status === 'accepted',
  expected: 'to be accepted',
  actual: describe(verdict),
}));

/** With the cause and in the phase that are named. */
export const toBeRejected = aboutVerdict(
  (verdict, { cause, phase }: { cause?: Cause; phase?: Phase } = {}): Answer => ({
    pass:
      verdict.status === 'rejected' &&
      (cause === undefined || verdict.cause === cause) &&
      (phase === undefined || verdict.phase === phase),
    expected: `to be rejected${cause ? ` for ${cause}` : ''}${phase ? ` in phase ${phase}` : ''}`,
    actual: describe(verdict),
  }),
);

/** The guest powers off when asked to, in time, and nothing was found against it on the way. */
export const toShutDownCleanly = aboutMachine(async (machine): Promise<Answer> => {
  const before = machine.findings.length;
  const clean = await machine.shutdown();
  const found = machine.findings.slice(before).filter(({ severity }) => severity !== 'warn');
  const lines = found.map(({ cause, evidence }) => `${cause}: ${evidence.line}`);
  return {
    pass: clean && found.length === 0,
    expected: 'to shut down cleanly',
    actual: `it ${clean ? 'powered off' : 'did not power off'}${some(lines)}`,
  };
});

/** `ms` on an idle host with KVM: it is multiplied by the host's timeScale, as every deadline is. */
export const toBootWithin = aboutMachine(async (machine, ms: number): Promise<Answer> => {
  const { ready } = machine.milestones;
  const allowedMs = ms * machine.host.timeScale;
  return await Promise.resolve({
    pass: ready !== undefined && ready <= allowedMs,
    expected: `to boot within ${ms} ms on an idle host with KVM, which is ${Math.round(allowedMs)} ms here`,
    actual: ready === undefined ? 'it has not booted' : `it took ${ready} ms`,
  });
});

function describe(verdict: Verdict): string {
  if (verdict.status === 'accepted') return 'it is accepted';
  const { status, cause, phase, evidence } = verdict;
  return `it is ${status} in phase ${phase}: ${cause}${some(evidence.map(({ source, line }) => `${source}: ${line}`))}`;
}
