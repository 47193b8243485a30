import { LineSplitter } from './lines.ts';

/** What is kept of a console for those who wait for a text: its last part. */
const KEPT_CHARS = 1 << 20;

/** A console as plain text, with the line that has begun and not ended. */
export class Transcript {
  #lines = new LineSplitter();
  #text = '';
  /** How many characters were forgotten at the beginning. */
  #dropped = 0;

  push(chunk: Buffer): void {
    for (const line of this.#lines.push(chunk)) this.#text += `${line}\n`;
    if (this.#text.length <= 2 * KEPT_CHARS) return;
    this.#dropped += this.#text.length - KEPT_CHARS;
    this.#text = this.#text.slice(-KEPT_CHARS);
  }

  /** The console's machine was set back to when it had said this, or began anew. */
  rewind(text = ''): void {
    this.#text = text;
    this.#dropped = 0;
    this.#lines = new LineSplitter();
  }

  get text(): string {
    return this.#text + this.#lines.open;
  }

  /** The place that the console has reached, for {@link since}. */
  get end(): number {
    return this.#dropped + this.text.length;
  }

  /** What it has said since a place, as far as that is kept. */
  since(place: number): string {
    return this.text.slice(Math.max(0, place - this.#dropped));
  }
}
