/**
 * The vocabulary in which builds, machines and installations report what happens while they run, so that one renderer
 * shows them all. Each has events of its own beside these; what has a name of these has its shape. Plain JSON, all of it.
 */

/** The next phase began. Phases only go forward. */
export interface PhaseEvent<Phase extends string> {
  type: 'phase';
  phase: Phase;
}

/** How far a phase is. Without `total` it is unknown how much there will be. */
export interface ProgressEvent<Phase extends string> extends Progress {
  type: 'progress';
  phase: Phase;
}

export interface Progress {
  done: number;
  total?: number | undefined;
  unit: 'percent' | 'packages' | 'bytes';
}

/** What runs the machine: KVM, or an emulated processor, which is `timeScale` times slower. */
export interface HostEvent {
  type: 'host';
  accelerator: 'kvm' | 'tcg';
  /** Why this accelerator. */
  reason: string;
  qemuVersion: string;
  timeScale: number;
  warnings: string[];
}

/** When it happened, in milliseconds since the machine was switched on. */
export interface Timed {
  atMs: number;
}
