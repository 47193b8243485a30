import type { HostEvent, PhaseEvent, Timed } from '@phyllome/host';
import type { Firmware } from '../qemu/firmware.ts';
import type { Cause, Evidence, Phase, UninstrumentedSummary, Verdict } from '../verdict/verdict.ts';

/**
 * How the tester gets into a guest, from the best to the least: systemd credentials in the firmware's tables, an
 * addition to the initrd of a kernel that QEMU loads, a login on the serial console; or not at all, so that only what
 * the consoles and the screen show is judged.
 */
export type Instrument = 'credential' | 'initrd-inject' | 'serial-login' | 'screen';

/**
 * Everything a machine reports while it runs, as plain JSON, in order:
 * `queued` if it must wait, `host`, (`start`, `phase`…, `instrument`, `finding`…, `check`…, `screenshot`…), and exactly one `verdict` at the end. Where it is
 * booted a second time, `again` comes between the two.
 */
export type VmEvent =
  /** The machine waits for CPUs and memory that others hold. */
  | { type: 'queued'; cpus: number; memoryMiB: number; holders: string }
  | HostEvent
  | { type: 'start'; image: string; firmware: Firmware }
  /** A milestone: the machine entered a phase, and has so long to make progress in it. */
  | (PhaseEvent<Phase> & Timed & { deadlineMs: number })
  /** The guest is reached, and how. */
  | { type: 'instrument'; instrument: Instrument; atMs: number }
  /** A detector fired, or a check failed. `fatal` ends the boot. */
  | { type: 'finding'; severity: 'fatal' | 'fail' | 'warn'; cause: Cause; evidence: Evidence }
  /** A check of the guest's inside; `failure` says why it does not hold, `notJudged` why that could not be decided. */
  | { type: 'check'; name: string; failure?: string; notJudged?: string; atMs: number }
  /** The screen changed; `file` is relative to the artifacts. */
  | { type: 'screenshot'; file: string; atMs: number }
  /** The image is booted once more; `verdict` is what the attempt that ended said. */
  | { type: 'again'; reason: string; verdict: Verdict; atMs: number }
  /** It was accepted, and booted once more with nothing of ours in it; or not, for a reason. */
  | ({ type: 'uninstrumented' } & UninstrumentedSummary & Timed)
  | { type: 'verdict'; verdict: Verdict; atMs: number };
