import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { killGroup } from './kill-group.ts';
import type { Log } from './log.ts';

/** How long a program may take to end after SIGTERM before its whole process group is killed. */
const killAfterMs = 1000;

/** A program ended with another code than 0, or could not be started. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';
  readonly argv: readonly string[];
  readonly exitCode: number;
  /** Last lines of its output, oldest first. */
  readonly lastLines: readonly string[];
  /** It was ended because it ran longer than it may. */
  readonly timedOut: boolean;

  constructor(argv: readonly string[], exitCode: number, lastLines: readonly string[], timedOut = false) {
    super(`process '${argv.join(' ')}' ${timedOut ? 'ran too long' : `exited with status ${exitCode}`}`);
    this.argv = argv;
    this.exitCode = exitCode;
    this.lastLines = lastLines;
    this.timedOut = timedOut;
  }
}

export interface RunOptions {
  cwd?: string;
  /** Replaces the environment. */
  env?: NodeJS.ProcessEnv;
  input?: string;
  /** Each line of stdout and stderr, as it appears. */
  onLine?: (line: string) => void;
  /** Keep the output out of `program.log`: it is data, and long. */
  quiet?: boolean;
  /** Return the exit code instead of throwing. */
  mayFail?: boolean;
  /** End it after so long; it then fails, also with `mayFail`. */
  timeoutMs?: number;
  /** How much of its output is kept, in bytes; the rest is read and dropped, and a last line says so. */
  maxOutputBytes?: number;
  /** Its command line for logs and errors, where that is part of a longer one. */
  shownAs?: readonly string[];
  /** Ignore the signal: for clean-up, which must not be ended by what caused it. */
  uninterruptible?: boolean;
}

export interface Finished {
  exitCode: number;
  lines: string[];
}

/** How many lines of output are kept for an error. */
const keptLines = 40;

/** Longer lines are cut here: a program may write gigabytes without a line's end. */
const maxLineLength = 64 * 1024;

/** Calls `see` with each line of a program's output. Never holds more than one line, cut to {@link maxLineLength}. */
async function forEachLine(stream: Readable, see: (line: string) => void): Promise<void> {
  let partial = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) {
    const lines = String(chunk).split('\n');
    for (const [index, text] of lines.entries()) {
      if (partial.length < maxLineLength) partial += text.slice(0, maxLineLength - partial.length);
      if (index === lines.length - 1) break;
      see(partial.replace(/\r$/u, ''));
      partial = '';
    }
  }
  if (partial !== '') see(partial);
}

/**
 * Runs programs one at a time, each in its own process group, so that an interruption ends also what they started, and
 * writes them into `program.log` as lorax does: `Running... CMD`, the output, `Return code: N`.
 */
export class Programs {
  readonly #log: Pick<Log, 'program'>;
  readonly #signal: AbortSignal;

  constructor(log: Pick<Log, 'program'>, signal: AbortSignal) {
    this.#log = log;
    this.#signal = signal;
  }

  /**
   * @throws {ProgramError} when it ends with another code than 0, or ran too long; the signal's reason when it was
   * interrupted.
   */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
    const { cwd, env = process.env, input, onLine, mayFail = false, uninterruptible = false, quiet = false } = options;
    const { timeoutMs, maxOutputBytes = Number.POSITIVE_INFINITY, shownAs = argv } = options;
    const [command = '', ...args] = argv;
    if (!uninterruptible) this.#signal.throwIfAborted();
    this.#log.program(`Running... ${shownAs.join(' ')}`);

    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const { stdin, stdout, stderr } = child;
    const lines: string[] = [];
    const keep = (line: string): void => {
      lines.push(line);
      if (!quiet) this.#log.program(line);
      onLine?.(line);
    };
    let outputBytes = 0;
    const see = (line: string): void => {
      if (outputBytes > maxOutputBytes) return;
      outputBytes += line.length + 1;
      keep(outputBytes > maxOutputBytes ? `(more than ${maxOutputBytes} bytes of output: the rest is not kept)` : line);
    };
    stdin.on('error', () => {}); // It may end without reading its input: its exit code says why.
    stdin.end(input ?? '');

    let killer: NodeJS.Timeout | undefined;
    const interrupt = (): void => {
      killGroup(child.pid, 'SIGTERM');
      killer = setTimeout(() => killGroup(child.pid, 'SIGKILL'), killAfterMs);
    };
    let timedOut = false;
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            interrupt();
          }, timeoutMs);
    if (!uninterruptible) this.#signal.addEventListener('abort', interrupt, { once: true });
    try {
      const ended = new Promise<number>((resolve) => {
        child.once('error', (error) => {
          see(error.message);
          resolve(127);
        });
        child.once('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
      });
      // A daemon that a script left behind may hold the pipes open: do not wait for their end once it has exited.
      const read = Promise.all([forEachLine(stdout, see), forEachLine(stderr, see)]);
      const exitCode = await ended;
      await Promise.race([read, new Promise((resolve) => setTimeout(resolve, killAfterMs).unref())]);
      this.#log.program(`Return code: ${exitCode}`, 'DEBUG');
      if (!uninterruptible) this.#signal.throwIfAborted();
      if (timedOut || (exitCode !== 0 && !mayFail))
        throw new ProgramError(shownAs, exitCode, lines.slice(-keptLines), timedOut);
      return { exitCode, lines };
    } finally {
      this.#signal.removeEventListener('abort', interrupt);
      clearTimeout(timer);
      if (killer !== undefined) {
        clearTimeout(killer);
        killGroup(child.pid, 'SIGKILL'); // Whatever of the group outlived its first process.
      }
    }
  }
}
