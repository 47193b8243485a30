import type { Accelerator } from './host/accelerator.ts';
import type { Firmware } from './firmware.ts';
import type { Cause, Evidence, Phase, Verdict } from './verdict.ts';

/**
 * Everything a machine tells while it runs, as plain JSON, in order:
 * `host`, (`start`, `phase`…, `finding`…), and exactly one `verdict` at the end.
 */
export type VmEvent =
  | {
      type: 'host';
      accelerator: Accelerator;
      reason: string;
      qemuVersion: string;
      timeScale: number;
      warnings: string[];
    }
  | { type: 'start'; image: string; firmware: Firmware }
  /** A milestone: the machine entered a phase. */
  | { type: 'phase'; phase: Phase; atMs: number; deadlineMs: number }
  /** A detector fired, or a check failed. `fatal` ends the boot. */
  | { type: 'finding'; severity: 'fatal' | 'fail' | 'warn'; cause: Cause; evidence: Evidence }
  | { type: 'verdict'; verdict: Verdict; atMs: number };
