import type { Duplex } from 'node:stream';
import { VmTesterError } from '../errors.ts';
import { Deadline } from '../host/deadline.ts';
import type { LostMs } from '../host/deadline.ts';
import { QmpDecoder } from './protocol.ts';
import type { QmpEvent, QmpMessage } from './protocol.ts';

/** One line of the QMP traffic, for the log. */
export interface QmpRecord {
  direction: 'sent' | 'received';
  message: unknown;
}

/** QEMU answers within milliseconds; only what writes much to a disk, as a dump of the memory does, takes long. */
const REPLY_MS = 120_000;

export interface QmpOptions {
  record?: (record: QmpRecord) => void;
  /** How long a command may go without a reply, without the time that QEMU lost. */
  replyMs?: number;
  lostMs?: LostMs;
  /**
   * A command did not get its reply in time: QEMU hangs, and nothing that waits for it will end by itself. Default: the
   * command is rejected.
   */
  onSilence?: (command: string) => void;
}

interface Pending {
  command: string;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

type State = 'connecting' | 'running' | 'closed';

/**
 * A QMP client on an open stream: greeting, capabilities negotiation, commands matched to replies by id, events.
 * A listener added before a command hears the events that command causes. When the stream ends, every pending
 * command is rejected, and so is every later one.
 */
export class QmpClient {
  #state: State = 'connecting';
  #nextId = 1;
  readonly #stream: Duplex;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(event: QmpEvent) => void>();
  readonly #options: QmpOptions;
  readonly #greeted = Promise.withResolvers<void>();

  private constructor(stream: Duplex, options: QmpOptions) {
    this.#stream = stream;
    this.#options = options;
    const decoder = new QmpDecoder();
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      let messages: QmpMessage[];
      try {
        messages = decoder.push(chunk);
      } catch (cause) {
        return this.#close(cause);
      }
      for (const message of messages) this.#receive(message);
    });
    stream.on('error', (cause) => this.#close(cause));
    stream.on('close', () => this.#close());
    stream.on('end', () => this.#close());
  }

  /**
   * Waits for the greeting and leaves negotiation mode.
   * @throws {VmTesterError} QMP_CLOSED when the peer ends before.
   */
  static async connect(stream: Duplex, options: QmpOptions = {}): Promise<QmpClient> {
    const client = new QmpClient(stream, options);
    await client.#greeted.promise;
    await client.#send('qmp_capabilities');
    client.#state = 'running';
    return client;
  }

  /**
   * @throws {VmTesterError} QMP_COMMAND when QEMU refuses it or, without {@link QmpOptions.onSilence}, does not reply;
   * QMP_CLOSED when the connection is or gets closed.
   */
  execute(command: string, args?: Record<string, unknown>): Promise<unknown> {
    return this.#send(command, args);
  }

  /** @returns a function that removes the listener. */
  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get open(): boolean {
    return this.#state === 'running';
  }

  async #send(command: string, args?: Record<string, unknown>): Promise<unknown> {
    if (this.#state === 'closed') throw closedError(`cannot send ${command}`);
    const id = this.#nextId++;
    const message = { execute: command, ...(args && { arguments: args }), id };
    const reply = Promise.withResolvers<unknown>();
    this.#pending.set(id, { command, resolve: reply.resolve, reject: reply.reject });
    this.#options.record?.({ direction: 'sent', message });
    this.#stream.write(`${JSON.stringify(message)}\n`);
    const { replyMs = REPLY_MS, onSilence = () => this.#forget(id), lostMs } = this.#options;
    using deadline = new Deadline(replyMs, () => undefined, lostMs);
    deadline.signal.addEventListener('abort', () => onSilence(command), { once: true });
    return await reply.promise;
  }

  #receive(message: QmpMessage): void {
    this.#options.record?.({ direction: 'received', message });
    if ('QMP' in message) return this.#greeted.resolve();
    if ('event' in message) {
      for (const listener of this.#listeners) listener(message);
      return;
    }
    const pending = this.#pending.get(message.id ?? -1);
    if (!pending) return; // a reply that is not waited for any more
    this.#pending.delete(message.id ?? -1);
    if ('return' in message) return pending.resolve(message.return);
    pending.reject(
      new VmTesterError('QMP_COMMAND', `QEMU refused ${pending.command}: ${message.error.desc}`, {
        hint: `see ${pending.command} in QEMU's QMP reference`,
        cause: message.error,
      }),
    );
  }

  /** Gives a command up that QEMU does not reply to. */
  #forget(id: number): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.reject(
      new VmTesterError('QMP_COMMAND', `QEMU does not reply to ${pending.command}`, {
        hint: 'it hangs: end it, and look for what its disks are on',
      }),
    );
  }

  #close(cause?: unknown): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#greeted.reject(closedError('no greeting', cause));
    for (const { command, reject } of this.#pending.values()) reject(closedError(`no reply to ${command}`, cause));
    this.#pending.clear();
  }
}

function closedError(what: string, cause?: unknown): VmTesterError {
  return new VmTesterError('QMP_CLOSED', `${what}: QEMU closed the QMP connection`, {
    hint: "QEMU ended; its last words are in the error's or the verdict's evidence",
    cause,
  });
}
