/** An exception that a Python program ended with, or wrote into its log. */
export interface Exception {
  /** `pyanaconda.errors.ScriptError`; dotted where its module is not Python's own. */
  readonly name: string;
  /** The lines of what it says; may be none. */
  readonly message: readonly string[];
}

/** Lines kept of what an exception says: a failed script's has all of its output. */
const KEPT_FIRST = 10;
const KEPT_LAST = 40;

/** `pyanaconda.errors.ScriptError: 15`, `KeyboardInterrupt`, `OSError: …` */
const LAST_LINE = /^(?<name>[A-Za-z_][\w.]*)(?:: ?(?<message>.*))?$/u;
const HEADER = /\bTraceback \(most recent call last\):$/u;

/**
 * Reads tracebacks, line by line. Their last line counts: the exception. One that Python ignores, as those of exit handlers,
 * is none.
 */
export class Tracebacks {
  #state: 'outside' | 'inside' | 'message' = 'outside';
  /** Of the traceback that is read; and of the next one. */
  #ignored = false;
  #ignoreNext = false;
  #name = '';
  #message: string[] = [];
  readonly #records: boolean;
  readonly #onException: (exception: Exception) => void;

  /**
   * @param options `records`: the log has records, which begin with a stamp, and an exception's message goes on to the next
   *   one. A console has lines: what follows an exception there is of something else
   */
  constructor(onException: (exception: Exception) => void, { records }: { records: boolean }) {
    this.#onException = onException;
    this.#records = records;
  }

  /** A traceback has begun and its exception has not come yet. */
  get inside(): boolean {
    return this.#state === 'inside';
  }

  /** @param begins the line begins a record: whatever was begun ends before it */
  line(message: string, begins: boolean): void {
    if (begins && this.#records) this.end();
    if (message.startsWith('Exception ignored ')) {
      this.end();
      this.#ignoreNext = true;
    } else if (HEADER.test(message)) {
      this.end();
      this.#state = 'inside';
      this.#ignored = this.#ignoreNext;
      this.#ignoreNext = false;
    } else if (this.#state === 'inside') this.#source(message);
    else if (this.#state === 'message') this.#more(message);
  }

  /** Ends what was begun: the log has ended, or something else begins. */
  end(): void {
    if (this.#state === 'message' && !this.#ignored) {
      const message = [...this.#message];
      while (message.at(-1) === '') message.pop();
      this.#onException({ name: this.#name, message });
    }
    this.#state = 'outside';
    this.#message = [];
  }

  /** Source lines and their marks are indented; empty lines may stand between. */
  #source(message: string): void {
    if (message.trim() === '' || /^\s/u.test(message)) return;
    const last = LAST_LINE.exec(message)?.groups;
    this.#state = last === undefined ? 'outside' : 'message';
    this.#name = last?.['name'] ?? '';
    this.#message = [last?.['message'] ?? ''].filter(Boolean);
    if (!this.#records) this.end();
  }

  #more(message: string): void {
    this.#message.push(message);
    if (this.#message.length > KEPT_FIRST + KEPT_LAST) this.#message.splice(KEPT_FIRST, 1);
  }
}
