import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const NAMES = ['console.log', 'installer.log', 'events.jsonl'] as const;
export type LogName = (typeof NAMES)[number];

/** The logs of an installation, written as things happen: a killed one keeps what it saw. */
export class InstallLogs implements Disposable {
  readonly directory: string;
  readonly #files: Map<LogName, number>;

  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
    this.#files = new Map(NAMES.map((name) => [name, openSync(join(directory, name), 'w')]));
  }

  append(name: LogName, text: string): void {
    const file = this.#files.get(name);
    if (file !== undefined) writeSync(file, text);
  }

  [Symbol.dispose](): void {
    for (const file of this.#files.values()) closeSync(file);
    this.#files.clear();
  }
}
