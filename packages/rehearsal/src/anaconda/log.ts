import { appendFileSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../log.ts';

/** Where anaconda forwards all that it logs, when a port of this name is there (`pyanaconda/core/constants.py`). */
const port = '/dev/virtio-ports/org.fedoraproject.anaconda.log.0';

/** The installer's logs in a machine: the console, files in `/tmp` as anaconda's, and the host's port. */
export class MachineLog implements Pick<Log, 'info' | 'anaconda' | 'program'> {
  readonly #directory: string;
  readonly #port: number | undefined;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
    try {
      this.#port = openSync(port, 'w');
    } catch {
      this.#port = undefined; // Connection refused: a machine of its own, or another hypervisor.
    }
  }

  /** A line on the console. */
  info(message: string): void {
    process.stdout.write(`${message}\n`);
    this.anaconda('anaconda.log', message);
  }

  anaconda(name: string, message: string): void {
    const line = `${new Date().toISOString().slice(11, 19)} ${name.replace(/\.log$/u, '')}: ${message}\n`;
    appendFileSync(join(this.#directory, name), line);
    if (this.#port !== undefined) writeSync(this.#port, line);
  }

  program(message: string): void {
    this.anaconda('program.log', message);
  }
}
