import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const STREAMS = ['serial.log', 'debugcon.log', 'journal.json', 'qmp.jsonl', 'events.jsonl'] as const;
export type StreamName = (typeof STREAMS)[number];

/**
 * So many characters of a stream are written as they come, and so many of its end: a guest that floods its console or
 * journal must fill neither the disk nor the memory of the process that reads it.
 */
const BEGINNING_CHARS = 12 * 2 ** 20;
const END_CHARS = 2 ** 20;

interface Stream {
  file: number;
  written: number;
  /** What came after the beginning, and how much of it is forgotten. */
  end: string;
  dropped: number;
}

/**
 * The directory a run leaves behind. Streams are written as things happen, so that a killed run keeps what it saw;
 * verdict.json appears last and whole: where it is, the rest is complete.
 */
export class Artifacts implements Disposable {
  readonly directory: string;
  readonly #streams: Map<StreamName, Stream>;

  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
    rmSync(join(directory, 'verdict.json'), { force: true });
    this.#streams = new Map(
      STREAMS.map((name) => [name, { file: openSync(join(directory, name), 'w'), written: 0, end: '', dropped: 0 }]),
    );
  }

  /** Whole lines. */
  append(name: StreamName, text: string): void {
    const stream = this.#streams.get(name);
    if (stream === undefined) return;
    if (stream.written < BEGINNING_CHARS) {
      writeSync(stream.file, text);
      stream.written += text.length;
      return;
    }
    stream.end += text;
    if (stream.end.length <= 2 * END_CHARS) return;
    const from = stream.end.indexOf('\n', stream.end.length - END_CHARS) + 1;
    stream.dropped += from;
    stream.end = stream.end.slice(from);
  }

  /** What is still remembered of the ends of streams. */
  #flush(): void {
    for (const stream of this.#streams.values()) {
      if (stream.end === '') continue;
      if (stream.dropped > 0) writeSync(stream.file, `… ${stream.dropped} characters were not kept\n`);
      writeSync(stream.file, stream.end);
      stream.end = '';
      stream.dropped = 0;
    }
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  write(name: string, text: string | Buffer, mode = 0o644): void {
    this.#flush();
    const partial = this.path(`.${name}.partial`);
    writeFileSync(partial, text, { mode });
    renameSync(partial, this.path(name));
  }

  [Symbol.dispose](): void {
    try {
      this.#flush();
    } finally {
      for (const { file } of this.#streams.values()) closeSync(file);
      this.#streams.clear();
    }
  }
}
