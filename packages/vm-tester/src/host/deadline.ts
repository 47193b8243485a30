import { loadFactor } from './load.ts';

const CHECK_EVERY_MS = 250;

/**
 * A signal that aborts with `reason()` once more than `allowedMs` have passed. The allowance is asked for again and
 * again: it grows while the host is busy. Disposal stops the clock.
 */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(allowedMs: (load: number) => number, reason: (afterMs: number) => unknown) {
    const start = performance.now();
    let busiest = 1;
    this.#timer = setInterval(() => {
      busiest = Math.max(busiest, loadFactor());
      const elapsed = performance.now() - start;
      if (elapsed > allowedMs(busiest)) {
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
