import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ShotsOptions {
  /** Writes what a monitor would show as PNG. */
  take(filename: string): Promise<unknown>;
  /** A changed screen was kept; `file` is relative to the directory. */
  onShot(file: string): void;
}

const LOOK_EVERY_MS = 1_000;
/** QEMU stands still while it draws the picture: at most this share of its time. */
const LOOKING_SHARE = 0.01;
const LOOK_AT_LEAST_EVERY_MS = 10_000;
const MAX_SHOTS = 150;
/** A cursor that blinks shows the same few screens by turns: they are not reported again. */
const REMEMBERED = 8;

/** Keeps the screen as `shots/NNN.png` whenever it changed. Looks once a second, less often where looking is slow. */
export class Shots {
  readonly #directory: string;
  readonly #options: ShotsOptions;
  readonly #seen: string[] = [];
  #kept = 0;
  #looking: Promise<void> | undefined;
  readonly #stopped = new AbortController();

  constructor(directory: string, options: ShotsOptions) {
    this.#directory = directory;
    this.#options = options;
    rmSync(join(directory, 'shots'), { recursive: true, force: true });
    mkdirSync(join(directory, 'shots'));
  }

  start(): void {
    void this.#monitor().catch(() => {}); // stopped
  }

  /** Looks now. Never rejects: a machine that is off has no screen. */
  look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch(() => {})
      .finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#looking;
    await rm(this.#partial, { force: true });
  }

  async #monitor(): Promise<void> {
    const { signal } = this.#stopped;
    for (let tookMs = 0; !signal.aborted;) {
      const restMs = Math.max(LOOK_EVERY_MS, Math.min(tookMs / LOOKING_SHARE, LOOK_AT_LEAST_EVERY_MS));
      await sleep(restMs, undefined, { signal, ref: false });
      const start = performance.now();
      await this.look();
      tookMs = performance.now() - start;
    }
  }

  get #partial(): string {
    return join(this.#directory, 'shots', '.partial.png');
  }

  async #look(): Promise<void> {
    if (this.#kept >= MAX_SHOTS) return;
    await this.#options.take(this.#partial);
    const digest = createHash('sha1')
      .update(await readFile(this.#partial))
      .digest('hex');
    if (this.#seen.includes(digest)) return;
    this.#seen.push(digest);
    if (this.#seen.length > REMEMBERED) this.#seen.shift();
    const file = `shots/${String(this.#kept++).padStart(3, '0')}.png`;
    await rename(this.#partial, join(this.#directory, file));
    this.#options.onShot(file);
  }
}
