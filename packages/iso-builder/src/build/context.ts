import type { BuildEvent, BuildEventBody, Phase } from '../progress/build-event.ts';
import type { EventLog } from '../progress/event-log.ts';
import type { BuildIsoOptions } from './options.ts';
import { Estimator } from '../progress/estimator.ts';
import { expectationOf, type History } from '../progress/history.ts';

/** Between two estimates, when one differs visibly from the last, and at the latest. */
const estimateMs = { atLeast: 1000, atMost: 5000 } as const;
/** A visible difference: half a percent. */
const visible = 0.005;

/** What the steps of one build share: what is asked for, and its events. */
export class BuildContext implements Disposable {
  readonly options: BuildIsoOptions;
  readonly signal: AbortSignal;
  /** Absolute. */
  readonly destination: string;
  readonly startedAt = new Date();
  /** Of this attempt: in names and labels. */
  readonly session = crypto.randomUUID().slice(0, 13);
  readonly #log: EventLog;
  /** Size of the compressed root file system that earlier builds had. */
  expectedSquashfsBytes: number | undefined;
  #progress: { estimator: Estimator; timer: NodeJS.Timeout; lastMs: number; last: number } | undefined;

  constructor(options: BuildIsoOptions, destination: string, signal: AbortSignal, log: EventLog) {
    this.options = options;
    this.destination = destination;
    this.signal = signal;
    this.#log = log;
  }

  get events(): readonly BuildEvent[] {
    return this.#log.events;
  }

  readonly emit = (body: BuildEventBody): void => {
    const now = Date.now();
    this.#log.append({ time: now, ...body });
    this.#progress?.estimator.see(body, now);
    if (body.type === 'phase' || body.type === 'progress') this.#estimate();
  };

  enter(phase: Phase): void {
    this.emit({ type: 'phase', phase });
  }

  readonly warn = (message: string): void => this.emit({ type: 'warning', message });

  /** From now on, says how far the build is, by what earlier ones took. */
  expect(history: History, usual = this.options.builder.usual): void {
    const expected = expectationOf(history, usual);
    this.expectedSquashfsBytes = expected.squashfsBytes;
    const estimator = new Estimator(expected, this.startedAt.getTime());
    const timer = setInterval(() => this.#estimate(), estimateMs.atLeast).unref();
    this.#progress = { estimator, timer, lastMs: 0, last: -1 };
  }

  /** No estimate comes after this. */
  [Symbol.dispose](): void {
    clearInterval(this.#progress?.timer);
    this.#progress = undefined;
  }

  #estimate(): void {
    const progress = this.#progress;
    if (progress === undefined) return;
    const now = Date.now();
    const sinceMs = now - progress.lastMs;
    if (sinceMs < estimateMs.atLeast) return;
    const estimate = progress.estimator.at(now);
    if (sinceMs < estimateMs.atMost && estimate.fraction - progress.last < visible) return;
    progress.lastMs = now;
    progress.last = estimate.fraction;
    this.#log.append({ time: now, type: 'estimate', ...estimate });
  }
}
