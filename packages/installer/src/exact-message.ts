import { ANACONDA, LORAX } from './words.ts';

/** Lines kept of one message: its beginning says what it is, its end has the last output of a script. */
const KEPT_FIRST = 10;
const KEPT_LAST = 40;

/** Lines of lorax that cannot belong to a message of the installer, should its end be missing. */
const NOT_A_MESSAGE: readonly string[] = [LORAX.logsEnd, LORAX.installFailed, LORAX.removingImage, LORAX.installed];

/**
 * Collects what anaconda gives as its reason, between `The exact error message is:` and `The installer will now
 * terminate.` A failing script's output is in it, so it may be of any length: its first and last lines are kept.
 */
export class ExactMessage {
  #first: string[] = [];
  #last: string[] = [];
  #open = false;
  #closed = false;

  /** What the installer said in full, or so far; undefined: it has not said anything. */
  get lines(): readonly string[] | undefined {
    if (!this.begun) return undefined;
    return trimmed([...this.#first, ...this.#last]);
  }

  /** Something was said, in full or not. */
  get begun(): boolean {
    return this.#open || this.#closed;
  }

  /** A message has begun and not ended: what comes belongs to it. */
  get open(): boolean {
    return this.#open;
  }

  /** The installer has said that it terminates. It then sleeps for minutes. */
  get terminated(): boolean {
    return this.#closed;
  }

  /** @returns whether the line belongs to the message, or frames it */
  line(message: string): boolean {
    const begin = [ANACONDA.exactMessage, ANACONDA.kickstartError].find((words) => message.includes(words));
    if (begin !== undefined && !this.#closed) {
      this.#open = true;
      this.#first = [];
      this.#last = [];
      const rest = message.slice(message.indexOf(begin) + begin.length).trim();
      if (rest !== '') this.#first.push(rest);
      return true;
    }
    if (message.includes(ANACONDA.terminates)) {
      this.#open = false;
      this.#closed = true;
      return true;
    }
    if (!this.#open) return false;
    if (NOT_A_MESSAGE.includes(message) || message.startsWith(LORAX.anacondaFailed)) {
      this.#open = false;
      // What was said counts; whether it is complete is unknown.
      this.#closed = this.#first.length > 0;
      return false;
    }
    if (this.#first.length < KEPT_FIRST) this.#first.push(message);
    else {
      this.#last.push(message);
      if (this.#last.length > KEPT_LAST) this.#last.shift();
    }
    return true;
  }
}

/** Without empty lines around, and without the dot that anaconda puts behind every message. */
function trimmed(lines: readonly string[]): string[] {
  const text = lines.map((line) => line.trimEnd());
  const from = text.findIndex((line) => line !== '');
  if (from < 0) return [];
  const message = text.slice(from, text.findLastIndex((line) => line !== '') + 1);
  const last = message.pop() ?? '';
  return [...message, last.replace(/\.$/u, '')];
}
