import { execa } from 'execa';
import { printNote } from '../print.ts';

/** Milliseconds that a build or a machine has to clean up after itself, before it is killed. */
const GRACE = 60_000;

/** Commands of this program that are run after every good change, each when the one before has succeeded. */
export class Followers implements AsyncDisposable {
  readonly #commands: readonly (readonly string[])[];
  readonly #root: string;
  #current: { stop: AbortController; done: Promise<void> } | undefined;

  constructor(root: string, commands: readonly (readonly string[])[]) {
    this.#root = root;
    this.#commands = commands;
  }

  /** Ends what runs, which cleans up after itself, and begins anew. */
  async restart(): Promise<void> {
    await this.#end();
    if (this.#commands.length === 0) return;
    const stop = new AbortController();
    this.#current = { stop, done: this.#run(stop.signal) };
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (const words of this.#commands) {
      if (signal.aborted) return;
      const { exitCode, isCanceled } = await execa(process.execPath, [process.argv[1] ?? '', ...words], {
        cwd: this.#root,
        stdio: ['ignore', 'inherit', 'inherit'],
        cancelSignal: signal,
        forceKillAfterDelay: GRACE,
        reject: false,
      });
      if (isCanceled) return;
      if (exitCode === 0) continue;
      printNote(
        `phyllome ${words.join(' ')} ended with exit code ${exitCode ?? 'of a signal'}; the next change tries again`,
      );
      return;
    }
  }

  async #end(): Promise<void> {
    this.#current?.stop.abort();
    await this.#current?.done;
    this.#current = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end();
  }
}
