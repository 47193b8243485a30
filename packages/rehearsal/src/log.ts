import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const two = (value: number): string => String(value).padStart(2, '0');

/** `2026-11-23 14:05:09,042`, as Python's logging writes it, in the machine's time zone. */
function timestamp(date: Date): string {
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${time},${String(date.getMilliseconds()).padStart(3, '0')}`;
}

type Level = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR';

/**
 * livemedia-creator's logs (lorax, `src/pylorax/__init__.py`, `setup_logging`): the console is stderr and has no level;
 * `livemedia.log` has levels and names; `program.log` and `anaconda/` are beside it. Files are written synchronously,
 * so that they are whole whenever the container ends.
 */
export class Log {
  readonly directory: string;
  readonly #logfile: string;
  readonly #programLog: string;

  constructor(logfile: string) {
    this.directory = dirname(logfile);
    this.#logfile = logfile;
    this.#programLog = join(this.directory, 'program.log');
    mkdirSync(this.directory, { recursive: true });
    writeFileSync(this.#logfile, '');
    writeFileSync(this.#programLog, '');
  }

  debug(message: string): void {
    this.#write('DEBUG', message);
  }

  info(message: string): void {
    this.#write('INFO', message);
    this.#console(message);
  }

  warning(message: string): void {
    this.#write('WARNING', message);
    this.#console(message);
  }

  error(message: string): void {
    this.#write('ERROR', message);
    this.#console(message);
  }

  /** Lines on the console that belong to no log: those of a library. */
  raw(...lines: readonly string[]): void {
    process.stderr.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** A line of `program.log`. */
  program(message: string, level: Level = 'INFO'): void {
    appendFileSync(this.#programLog, `${timestamp(new Date())} ${level} program: ${message}\n`);
  }

  /** A line of a log of the installer: `anaconda/<name>`. */
  anaconda(name: string, message: string): void {
    const path = join(this.directory, 'anaconda', name);
    mkdirSync(dirname(path), { recursive: true });
    appendFileSync(path, `${timestamp(new Date())} ${message}\n`);
  }

  #write(level: Level, message: string): void {
    appendFileSync(this.#logfile, `${timestamp(new Date())} ${level} livemedia-creator: ${message}\n`);
  }

  #console(message: string): void {
    process.stderr.write(`${timestamp(new Date())}: ${message}\n`);
  }
}
