import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const STREAMS = ['serial.log', 'debugcon.log', 'journal.json', 'qmp.jsonl', 'events.jsonl'] as const;
export type StreamName = (typeof STREAMS)[number];

/**
 * The directory a run leaves behind. Streams are written as things happen, so that a killed run keeps what it saw;
 * verdict.json appears last and whole: where it is, the rest is complete.
 */
export class Artifacts implements Disposable {
  readonly directory: string;
  readonly #files: Map<StreamName, number>;

  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
    rmSync(join(directory, 'verdict.json'), { force: true });
    this.#files = new Map(STREAMS.map((name) => [name, openSync(join(directory, name), 'w')]));
  }

  append(name: StreamName, text: string): void {
    const file = this.#files.get(name);
    if (file !== undefined) writeSync(file, text);
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  write(name: string, text: string | Buffer, mode = 0o644): void {
    const partial = this.path(`.${name}.partial`);
    writeFileSync(partial, text, { mode });
    renameSync(partial, this.path(name));
  }

  [Symbol.dispose](): void {
    for (const file of this.#files.values()) closeSync(file);
    this.#files.clear();
  }
}
