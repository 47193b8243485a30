import type { BuildEventBody, Phase } from './build-event.ts';
import { phases } from './build-event.ts';
import type { Expectation } from './history.ts';

/** How far a build is as a whole. */
export interface Estimate {
  /** 0 to 1; never goes back, and never stands still for long. */
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
/** Nor is the build, before it is. */
const latest = 0.99;
/** Up to this share of a phase its time counts as it is; beyond, ever less. */
const punctual = 0.7;

/** How fast the shown fraction follows what is known, a second: at least this, and so many times the usual. */
const fastest = { aSecond: 0.05, usual: 3 } as const;
/**
 * While nothing is reported, the shown fraction goes on by at most `share`, and by two thirds of that in `ms`; once it is
 * further than that, much slower, to the end of the phase.
 */
const lead = { share: 0.1, ms: 60_000, furtherMs: 600_000 } as const;

/**
 * Makes one number of what a build reports of its phases: each weighs what it is expected to take, and within one the
 * numbers count that it reports, else the time. It never goes back and never stands still; where a report is far from
 * what is shown, it gets there within seconds. Pure but for its memory.
 */
export class Estimator {
  readonly #expected: Expectation;
  readonly #phasesMs: Partial<Record<Phase, number>>;
  #totalMs = 1;
  readonly #startedMs: number;
  #phase: Phase = 'preflight';
  #phaseStartedMs: number;
  #reported: number | undefined;
  /** When the installer reported its last package. */
  #packagesDoneMs: number | undefined;
  #downloaded: number | undefined;
  /** What of the installer's time was over when it reported its first package: it may prepare for long, in silence. */
  #before: number | undefined;
  #shown = 0;
  #shownAtMs: number;

  constructor(expected: Expectation, startedMs: number) {
    this.#expected = expected;
    this.#phasesMs = { ...expected.phasesMs };
    this.#totalMs = Math.max(1, this.#sum(phases));
    this.#startedMs = startedMs;
    this.#phaseStartedMs = startedMs;
    this.#shownAtMs = startedMs;
  }

  see(event: BuildEventBody, nowMs: number): void {
    if (event.type === 'log' && event.source === 'image') this.#seeImageBuilt();
    if (event.type === 'phase') {
      this.#phase = event.phase;
      this.#phaseStartedMs = nowMs;
      this.#reported = undefined;
      this.#packagesDoneMs = undefined;
      this.#before = undefined;
    }
    if (event.type !== 'progress' || event.phase !== this.#phase || event.total === undefined) return;
    const part = event.total === 0 ? 1 : Math.min(1, event.done / event.total);
    if (event.phase !== 'install') this.#reported = part;
    else if (event.unit === 'percent') {
      this.#downloaded = part;
      this.#reported = shares.download * part;
    } else {
      const end = this.#downloaded === undefined ? shares.nothingDownloaded : shares.download + shares.packages;
      this.#before ??= this.#downloaded === undefined ? this.#passedAt(nowMs) / 2 : shares.download;
      this.#reported = this.#before + (end - this.#before) * part;
      if (part === 1) this.#packagesDoneMs ??= nowMs;
    }
  }

  /** The engine builds the image: that is not in what builds usually take, for most of them find it. */
  #seeImageBuilt(): void {
    this.#phasesMs.image = Math.max(this.#phasesMs.image ?? 0, this.#expected.buildImageMs);
    this.#totalMs = this.#sum(phases);
  }

  /** Milliseconds. */
  #sum(some: readonly Phase[]): number {
    return some.reduce((total, phase) => total + (this.#phasesMs[phase] ?? 0), 0);
  }

  /** How much of the phase is over, by its time alone. */
  #passedAt(nowMs: number): number {
    return shareOf(nowMs - this.#phaseStartedMs, this.#phasesMs[this.#phase] ?? 0);
  }

  /** What was reported; and once all packages are in, what configuring them is likely to have come to since. */
  #reportedAt(nowMs: number): number | undefined {
    if (this.#reported === undefined || this.#packagesDoneMs === undefined) return this.#reported;
    const usual = Math.max(configuringMs, this.#packagesDoneMs - this.#phaseStartedMs);
    const passed = 1 - Math.exp((this.#packagesDoneMs - nowMs) / usual);
    return this.#reported + (almost - this.#reported) * passed;
  }

  at(nowMs: number): Estimate {
    const { learnt } = this.#expected;
    const expectedMs = this.#phasesMs[this.#phase] ?? 0;
    const within = this.#reportedAt(nowMs) ?? this.#passedAt(nowMs);
    const index = phases.indexOf(this.#phase);
    const before = this.#sum(phases.slice(0, index));
    const [known, end] = [within, almost].map((share) => (before + share * expectedMs) / this.#totalMs);
    const elapsedMs = nowMs - this.#startedMs;
    const estimate = { fraction: this.#show(known ?? 0, end ?? 0, nowMs), elapsedMs };
    if (!learnt) return estimate;
    return {
      ...estimate,
      remainingMs: Math.round((1 - within) * expectedMs + this.#sum(phases.slice(index + 1))),
    };
  }

  /** @param end of the phase, which is not passed before the next one begins */
  #show(known: number, end: number, nowMs: number): number {
    const sinceMs = nowMs - this.#shownAtMs;
    this.#shownAtMs = nowMs;
    const step = (sinceMs / 1000) * Math.max(fastest.aSecond, (fastest.usual * 1000) / this.#totalMs);
    const ahead = Math.min(end, known + lead.share);
    const crept = Math.max(
      Math.max(0, ahead - this.#shown) * (1 - Math.exp(-sinceMs / lead.ms)),
      Math.max(0, end - this.#shown) * (1 - Math.exp(-sinceMs / lead.furtherMs)),
    );
    this.#shown = Math.min(latest, Math.max(this.#shown + crept, Math.min(known, this.#shown + step)));
    return this.#shown;
  }
}

function shareOf(inPhaseMs: number, expectedMs: number): number {
  if (expectedMs <= 0) return almost;
  const share = inPhaseMs / expectedMs;
  const rest = almost - punctual;
  return share <= punctual ? share : punctual + rest * (1 - Math.exp((punctual - share) / rest));
}
