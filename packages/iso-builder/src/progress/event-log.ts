import type { BuildEvent } from './build-event.ts';

/** Events of one build: appended once, read from the beginning by as many as want to. */
export class EventLog {
  readonly #events: BuildEvent[] = [];
  #closed = false;
  #changed = Promise.withResolvers<void>();

  /** Every event so far. */
  get events(): readonly BuildEvent[] {
    return this.#events;
  }

  append(event: BuildEvent): void {
    this.#events.push(event);
    this.#notify();
  }

  /** The last event has been appended: readers come to an end. */
  close(): void {
    this.#closed = true;
    this.#notify();
  }

  async *read(): AsyncGenerator<BuildEvent> {
    for (let next = 0; ;) {
      const changed = this.#changed.promise;
      const events = this.#events.slice(next);
      next += events.length;
      yield* events;
      if (this.#closed && next === this.#events.length) return;
      // Taken before the events were read: what came in between has resolved it.
      await changed;
    }
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
