import { StringDecoder } from 'node:string_decoder';
import { stripVTControlCharacters } from 'node:util';

/** A line longer than this is cut: a guest that prints no newline must fill neither our memory nor our time. */
export const MAX_LINE_CHARS = 8_192;

/** Cuts a console's bytes into lines without control sequences, across chunk borders. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  #tail = '';

  /** The lines that the chunk ends. */
  push(chunk: Buffer): string[] {
    const parts = (this.#tail + this.#decoder.write(chunk)).split('\n');
    this.#tail = parts.pop() ?? '';
    if (this.#tail.length > MAX_LINE_CHARS) {
      parts.push(this.#tail);
      this.#tail = '';
    }
    return parts.map(plain);
  }

  /** The line that has begun and not ended: prompts never end theirs. */
  get open(): string {
    return plain(this.#tail);
  }
}

/** Without escape sequences and control characters. What a carriage return would have overwritten stays, before the rest. */
function plain(raw: string): string {
  // oxlint-disable-next-line no-control-regex -- removing control characters is the point
  return stripVTControlCharacters(raw).replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
}
