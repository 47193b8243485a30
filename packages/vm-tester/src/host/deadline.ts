const CHECK_EVERY_MS = 250;

/** Time that does not count, in ms since something began: it only grows. */
export type LostMs = () => number;

/**
 * A signal that aborts with `reason()` once more than `allowedMs` have passed, without the time that was lost meanwhile
 * (see {@link OwnTime}). Disposal stops the clock.
 */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(allowedMs: number, reason: (afterMs: number) => unknown, lostMs: LostMs = () => 0) {
    const start = performance.now();
    const lostBefore = lostMs();
    this.#timer = setInterval(() => {
      const elapsed = performance.now() - start;
      if (elapsed - (lostMs() - lostBefore) > allowedMs) {
        clearInterval(this.#timer);
        this.#controller.abort(reason(elapsed));
      }
    }, CHECK_EVERY_MS);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** What {@link whenStuck} asks, four times a second. */
export interface Progress {
  /** When there last was some; on any clock. */
  progressAtMs: () => number;
  lostMs: LostMs;
  /** `lostMs`: since the last progress. */
  isOverdue: (lostMs: number) => boolean;
}

/** Resolves once something is overdue. Whatever was lost before the last progress has been made up for. */
export function whenStuck({ progressAtMs, lostMs, isOverdue }: Progress): Disposable & { promise: Promise<'overdue'> } {
  const { promise, resolve } = Promise.withResolvers<'overdue'>();
  let since = { progressAtMs: progressAtMs(), lostMs: lostMs() };
  const timer = setInterval(() => {
    if (progressAtMs() !== since.progressAtMs) since = { progressAtMs: progressAtMs(), lostMs: lostMs() };
    if (isOverdue(lostMs() - since.lostMs)) resolve('overdue');
  }, CHECK_EVERY_MS);
  return { promise, [Symbol.dispose]: () => clearInterval(timer) };
}
