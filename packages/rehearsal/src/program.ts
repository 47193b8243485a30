import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
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

  constructor(argv: readonly string[], exitCode: number, lastLines: readonly string[]) {
    super(`process '${argv.join(' ')}' exited with status ${exitCode}`);
    this.argv = argv;
    this.exitCode = exitCode;
    this.lastLines = lastLines;
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
  /** Do not heed the signal: for clean-up, which must not be ended by what caused it. */
  uninterruptible?: boolean;
}

export interface Finished {
  exitCode: number;
  lines: string[];
}

/** How many lines of output are kept for an error. */
const keptLines = 40;

const forEachLine = async (stream: Readable, see: (line: string) => void): Promise<void> => {
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) see(line);
};

/**
 * Runs programs one at a time, each in its own process group, so that an interruption ends also what they started, and
 * writes them into `program.log` as lorax does: `Running... CMD`, the output, `Return code: N`.
 */
export class Programs {
  readonly #log: Log;
  readonly #signal: AbortSignal;

  constructor(log: Log, signal: AbortSignal) {
    this.#log = log;
    this.#signal = signal;
  }

  /** @throws {ProgramError} when it ends with another code than 0; the signal's reason when it was interrupted. */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
    const { cwd, env = process.env, input, onLine, mayFail = false, uninterruptible = false, quiet = false } = options;
    const [command = '', ...args] = argv;
    if (!uninterruptible) this.#signal.throwIfAborted();
    this.#log.program(`Running... ${argv.join(' ')}`);

    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const lines: string[] = [];
    const see = (line: string): void => {
      lines.push(line);
      if (!quiet) this.#log.program(line);
      onLine?.(line);
    };
    child.stdin.on('error', () => {}); // It may end without reading its input: its exit code tells.
    child.stdin.end(input ?? '');

    let killer: NodeJS.Timeout | undefined;
    const interrupt = (): void => {
      killGroup(child.pid, 'SIGTERM');
      killer = setTimeout(() => killGroup(child.pid, 'SIGKILL'), killAfterMs);
    };
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
      const read = Promise.all([forEachLine(child.stdout, see), forEachLine(child.stderr, see)]);
      const exitCode = await ended;
      await Promise.race([read, new Promise((resolve) => setTimeout(resolve, killAfterMs).unref())]);
      this.#log.program(`Return code: ${exitCode}`, 'DEBUG');
      if (!uninterruptible) this.#signal.throwIfAborted();
      if (exitCode !== 0 && !mayFail) throw new ProgramError(argv, exitCode, lines.slice(-keptLines));
      return { exitCode, lines };
    } finally {
      this.#signal.removeEventListener('abort', interrupt);
      if (killer !== undefined) {
        clearTimeout(killer);
        killGroup(child.pid, 'SIGKILL'); // Whatever of the group outlived its first process.
      }
    }
  }
}
