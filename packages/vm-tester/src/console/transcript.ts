import { LineSplitter } from './lines.ts';

/** What is kept of a console for those who wait for a text: its last part. */
const KEPT_CHARS = 1 << 20;

/** A console as plain text, with the line that has begun and not ended. */
export class Transcript {
  readonly #lines = new LineSplitter();
  #text = '';

  push(chunk: Buffer): void {
    for (const line of this.#lines.push(chunk)) this.#text += `${line}\n`;
    if (this.#text.length > 2 * KEPT_CHARS) this.#text = this.#text.slice(-KEPT_CHARS);
  }

  clear(): void {
    this.#text = '';
  }

  get text(): string {
    return this.#text + this.#lines.open;
  }
}
