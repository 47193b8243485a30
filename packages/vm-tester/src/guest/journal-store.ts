import type { JournalEntry } from './journal.ts';

/** Which entries of the guest's journal are wanted: those that fulfil all that is given. */
export interface JournalQuery {
  /** Only of this unit: its own messages, and PID 1's about it. */
  unit?: string;
  /** Only of this SYSLOG_IDENTIFIER. */
  identifier?: string;
  /** Only this grave or graver: 3 is `err`, 4 `warning` (syslog(3)). */
  priority?: number;
  /** Only messages that match. */
  grep?: RegExp;
  /** Do not end with the newest entry: go on until the machine is off. */
  follow?: boolean;
  signal?: AbortSignal;
}

/** More than a boot ever says; a guest that floods its journal must not fill our memory. */
const KEPT_ENTRIES = 20_000;

/** The guest's journal of this boot as it arrives. Every reader reads from the beginning, at its own pace. */
export class JournalStore {
  #entries: JournalEntry[] = [];
  /** How many were forgotten at the beginning. */
  #dropped = 0;
  #closed = false;
  /** Where each reader is. */
  readonly #readers = new Set<{ next: number }>();
  #news = Promise.withResolvers<void>();

  add(entry: JournalEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > KEPT_ENTRIES) this.#dropped += this.#entries.splice(0, KEPT_ENTRIES / 4).length;
    this.#notify();
  }

  /** Nothing more will come. */
  close(): void {
    this.#closed = true;
    this.#notify();
  }

  /** How many came so far. */
  get length(): number {
    return this.#dropped + this.#entries.length;
  }

  /** Forgets what came after the first `length`: the guest was set back to before it said them. */
  truncate(length: number): void {
    this.#entries.length = Math.min(this.#entries.length, Math.max(0, length - this.#dropped));
    for (const reader of this.#readers) reader.next = Math.min(reader.next, this.length);
  }

  /** Resolves when an entry matches, the past ones included; false when the journal ended or the signal came first. */
  async seen(query: JournalQuery): Promise<boolean> {
    for await (const _ of this.read({ ...query, follow: true })) return true;
    return false;
  }

  async *read(query: JournalQuery = {}): AsyncGenerator<JournalEntry, void, void> {
    const { signal, follow = false } = query;
    const aborted = Promise.withResolvers<void>();
    const onAbort = () => aborted.resolve();
    signal?.addEventListener('abort', onAbort, { once: true });
    const reader = { next: 0 };
    this.#readers.add(reader);
    try {
      while (!isAborted(signal)) {
        reader.next = Math.max(reader.next, this.#dropped);
        const entry = this.#entries[reader.next - this.#dropped];
        if (entry) {
          reader.next++;
          if (matches(entry, query)) yield entry;
        } else if (follow && !this.#closed) {
          await Promise.race([this.#news.promise, aborted.promise]);
        } else {
          return;
        }
      }
    } finally {
      this.#readers.delete(reader);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #notify(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}

function matches(entry: JournalEntry, { unit, identifier, priority, grep }: JournalQuery): boolean {
  return (
    (unit === undefined || entry.unit === unit) &&
    (identifier === undefined || entry.identifier === identifier) &&
    (priority === undefined || entry.priority <= priority) &&
    (grep === undefined || entry.message.search(grep) >= 0)
  );
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
