import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { VmTesterError } from '../errors.ts';
import { FrameDecoder, helloFrame, killFrame, runFrame } from './frame.ts';

/** What a command in the guest ended with. */
export interface RunResult {
  exitCode: number;
  stdout: Buffer;
  stderr: Buffer;
}

interface Pending {
  command: string;
  resolve: (result: RunResult) => void;
  reject: (error: unknown) => void;
}

/**
 * Root commands in the guest over a virtio-serial port. Commands run concurrently. A HELLO with another nonce
 * than ours is not our agent; a second HELLO means the agent was restarted and its commands are lost.
 */
export class GuestChannel {
  readonly #stream: Duplex;
  readonly #nonce: string;
  readonly #decoder = new FrameDecoder();
  readonly #onHello: () => void;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #greeting: { nonce: string; resolve: () => void } | undefined;
  #open = false;
  #closed: unknown;

  constructor(stream: Duplex, nonce: string, onHello: () => void) {
    this.#stream = stream;
    this.#nonce = nonce;
    this.#onHello = onHello;
    stream.on('data', (chunk: Buffer) => {
      try {
        for (const frame of this.#decoder.push(chunk)) {
          if (frame.type === 'hello') this.#hello(frame.nonce);
          else this.#done(frame.id, frame);
        }
      } catch (cause) {
        this.close(cause);
      }
    });
    stream.on('close', () => this.close());
  }

  /** The agent answered with our nonce and the stream is up. */
  get open(): boolean {
    return this.#open;
  }

  /**
   * Runs a shell command. An abort kills it in the guest and rejects with the signal's reason.
   * @throws {VmTesterError} GUEST_UNREACHABLE
   */
  async run(command: string, stdin: Buffer, signal: AbortSignal): Promise<RunResult> {
    signal.throwIfAborted();
    if (!this.#open) throw unreachable(command, this.#closed);
    const id = this.#nextId++;
    const reply = Promise.withResolvers<RunResult>();
    this.#pending.set(id, { command, resolve: reply.resolve, reject: reply.reject });
    const onAbort = () => {
      this.#pending.delete(id);
      this.#stream.write(killFrame(id));
      reply.reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      this.#stream.write(runFrame(id, Buffer.from(command), stdin));
      return await reply.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Commands that have not ended. */
  get pending(): number {
    return this.#pending.size;
  }

  /**
   * Greets an agent that was set back to an earlier state: commands since then are lost, and what it sent is skipped.
   * Call it while the guest is stopped or after; it resolves when the agent has answered this very greeting.
   */
  async greet(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#drop('the guest was restored to an earlier state');
    this.#closed = undefined;
    this.#open = false;
    const token = randomBytes(6).toString('hex');
    const nonce = `${this.#nonce}-${token}`;
    const answered = Promise.withResolvers<void>();
    this.#greeting = { nonce, resolve: answered.resolve };
    this.#decoder.skipTo(nonce);
    const onAbort = () => answered.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      this.#stream.write(helloFrame(token));
      await answered.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** The guest resets: what runs in it is lost, and its agent will say HELLO once it is up again. */
  reset(): void {
    this.#open = false;
    this.#drop('the guest reboots');
    this.#decoder.skipTo(this.#nonce);
  }

  /** Rejects what is pending and everything after, up to a new greeting. */
  close(cause?: unknown): void {
    if (this.#closed !== undefined) return;
    this.#closed = cause ?? 'the machine is off';
    this.#open = false;
    this.#drop(this.#closed);
  }

  #hello(nonce: string): void {
    if (nonce === this.#greeting?.nonce) {
      this.#open = true;
      this.#greeting.resolve();
    }
    if (nonce !== this.#nonce || this.#closed !== undefined) return;
    this.#drop('the agent was restarted');
    this.#open = true;
    this.#onHello();
  }

  #done(id: number, result: RunResult): void {
    this.#pending.get(id)?.resolve({ exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr });
    this.#pending.delete(id);
  }

  #drop(cause: unknown): void {
    for (const { command, reject } of this.#pending.values()) reject(unreachable(command, cause));
    this.#pending.clear();
  }
}

function unreachable(command: string, cause: unknown): VmTesterError {
  const why = cause instanceof Error ? cause.message : typeof cause === 'string' ? cause : 'the guest is not ready';
  return new VmTesterError('GUEST_UNREACHABLE', `cannot run ${JSON.stringify(command)} in the guest: ${why}`, {
    hint: 'call boot() first and look at its verdict; serial.log shows how far the guest came',
    cause,
  });
}
