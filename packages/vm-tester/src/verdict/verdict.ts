/** What a boot without our instruments said; or why none was made. */
export type Uninstrumented = { verdict: Verdict } | { skipped: string };

/** The same, as verdict.json has it: `folder` has the artifacts, `why` says what was wrong, or kept it from being booted. */
export interface UninstrumentedSummary {
  status: string;
  folder?: string;
  why?: string;
}

/** How far a machine has come, in order. */
export const PHASES = [
  'preflight',
  'firmware',
  'bootloader',
  'kernel',
  'initrd',
  'switch-root',
  'userspace',
  'ready',
  'checks',
  'shutdown',
] as const;
/** A stage of a boot, from the look at the file to the end of the machine. */
export type Phase = (typeof PHASES)[number];

/** Why an image is not accepted. `infra:…`: something around it broke. */
export const CAUSES = [
  'bad-media',
  'no-bootable-device',
  'secure-boot-violation',
  'kernel-panic',
  'oops',
  'lockup',
  'emergency-mode',
  'root-not-found',
  'wrong-passphrase',
  'no-init',
  'fs-corrupt',
  'io-error',
  'disk-full',
  'oom',
  'failed-unit',
  'degraded',
  'coredump',
  'selinux-denial',
  'reboot-loop',
  'unexpected-poweroff',
  'unclean-shutdown',
  'stalled',
  'spinning',
  'waiting',
  'assertion',
  'infra:qemu',
  'infra:accelerator',
  'infra:channel',
  'infra:starved',
  'infra:specs',
] as const;
/** The one reason for a verdict that does not accept. */
export type Cause = (typeof CAUSES)[number];

/** Where an observation was made. */
export const SOURCES = [
  'preflight',
  'serial',
  'debugcon',
  'screen',
  'journal',
  'guest',
  'qmp',
  'process',
  'host',
] as const;

/** One observation a verdict rests on. */
export interface Evidence {
  source: (typeof SOURCES)[number];
  /** Milliseconds since QEMU was started; 0 for preflight. */
  atMs: number;
  line: string;
  /** The rule that saw it: a detector's id, or the name of the check. */
  detector: string;
}

/** When each phase began, in milliseconds since QEMU was started. */
export type Milestones = Partial<Record<Phase, number>>;

/** What became of an image. One that is not accepted has the phase it came to, the cause and what shows it. */
export type Verdict =
  | { status: 'accepted'; milestones: Milestones }
  | { status: 'rejected'; phase: Phase; cause: Cause; evidence: Evidence[]; milestones: Milestones }
  /** The image was not judged: something else broke. */
  | { status: 'inconclusive'; phase: Phase; cause: Cause; evidence: Evidence[]; milestones: Milestones };

/** A phase's place in {@link PHASES}: the later the larger. */
export function phaseIndex(phase: Phase): number {
  return PHASES.indexOf(phase);
}
