import type { BuildEventBody, Phase } from './build-event.ts';
import { phases } from './build-event.ts';
import type { Expectation } from './history.ts';

/** How far a build is as a whole. */
export interface Estimate {
  /** 0 to 1; never goes back. */
  fraction: number;
  elapsedMs: number;
  /** Until the end; not given without an earlier build. */
  remainingMs?: number;
}

/**
 * The installer downloads packages (percent), then installs them (of a number), then configures what it installed, in
 * silence. Shares of its time; one that reports no download has none.
 */
const shares = { download: 0.35, packages: 0.5, nothingDownloaded: 0.85 } as const;

/** What follows the last package takes at least about as long as this, in ms; more where the packages took more. */
const configuringMs = 10_000;

/** A phase that takes longer than expected is never taken for done. */
const almost = 0.97;

/**
 * Makes one number of what a build reports of its phases: each weighs what it is expected to take, and within one the
 * numbers count that it reports, else the time. Pure but for its memory.
 */
export class Estimator {
  readonly #expected: Expectation;
  readonly #totalMs: number;
  readonly #startedMs: number;
  #phase: Phase = 'preflight';
  #phaseStartedMs: number;
  #reported: number | undefined;
  /** When the installer reported its last package. */
  #packagesDoneMs: number | undefined;
  #downloaded: number | undefined;
  #best = 0;

  constructor(expected: Expectation, startedMs: number) {
    this.#expected = expected;
    this.#totalMs = Math.max(
      1,
      phases.reduce((sum, phase) => sum + (expected.phasesMs[phase] ?? 0), 0),
    );
    this.#startedMs = startedMs;
    this.#phaseStartedMs = startedMs;
  }

  see(event: BuildEventBody, nowMs: number): void {
    if (event.type === 'phase') {
      this.#phase = event.phase;
      this.#phaseStartedMs = nowMs;
      this.#reported = undefined;
      this.#packagesDoneMs = undefined;
    }
    if (event.type !== 'progress' || event.phase !== this.#phase || event.total === undefined) return;
    const part = event.total === 0 ? 1 : Math.min(1, event.done / event.total);
    if (event.phase !== 'install') this.#reported = part;
    else if (event.unit === 'percent') {
      this.#downloaded = part;
      this.#reported = shares.download * part;
    } else {
      this.#reported =
        this.#downloaded === undefined ? shares.nothingDownloaded * part : shares.download + shares.packages * part;
      if (part === 1) this.#packagesDoneMs ??= nowMs;
    }
  }

  /** What was reported; and once all packages are in, what configuring them is likely to have come to since. */
  #reportedAt(nowMs: number): number | undefined {
    if (this.#reported === undefined || this.#packagesDoneMs === undefined) return this.#reported;
    const usual = Math.max(configuringMs, this.#packagesDoneMs - this.#phaseStartedMs);
    const passed = 1 - Math.exp((this.#packagesDoneMs - nowMs) / usual);
    return this.#reported + (almost - this.#reported) * passed;
  }

  at(nowMs: number): Estimate {
    const { phasesMs, learnt } = this.#expected;
    const expectedMs = phasesMs[this.#phase] ?? 0;
    const inPhaseMs = nowMs - this.#phaseStartedMs;
    const byTime = expectedMs > 0 ? Math.min(almost, inPhaseMs / expectedMs) : almost;
    const within = this.#reportedAt(nowMs) ?? byTime;
    const index = phases.indexOf(this.#phase);
    const sum = (some: readonly Phase[]): number => some.reduce((total, phase) => total + (phasesMs[phase] ?? 0), 0);
    const fraction = (sum(phases.slice(0, index)) + within * expectedMs) / this.#totalMs;
    this.#best = Math.min(1, Math.max(this.#best, fraction));
    const elapsedMs = nowMs - this.#startedMs;
    if (!learnt) return { fraction: this.#best, elapsedMs };
    return {
      fraction: this.#best,
      elapsedMs,
      remainingMs: Math.round((1 - within) * expectedMs + sum(phases.slice(index + 1))),
    };
  }
}
