import { AsyncLocalStorage } from 'node:async_hooks';
import { IncomingMessage } from 'node:http';
import { parseJson } from '@phyllome/host/json';
import { asError } from '@phyllome/host';
import type Docker from 'dockerode';
import * as z from 'zod';
import { onSilence } from './silence.ts';

/**
 * Every request to an engine has a signal that ends it and a time in which it has to be answered, by whatever caller: an
 * engine that hangs must neither hold up a build for ever nor make it deaf to Ctrl-C. And no answer fills the memory.
 */

/** What holds for the requests of some work. Times are in milliseconds. */
export interface Bounds {
  /** Ends them. */
  readonly signal: AbortSignal | undefined;
  /** For an answer to begin, and unless it is a stream, to be complete. */
  readonly answerMs: number;
  /** For more of a stream to come. */
  readonly silenceMs: number;
}

const usual: Omit<Bounds, 'signal'> = { answerMs: 60_000, silenceMs: 5 * 60_000 };
/** Bytes of an answer that is read as a whole. */
const largestAnswer = 32 * 2 ** 20;
/** Bytes of an answer that says no. */
const largestRefusal = 64 * 2 ** 10;

const bounds = new AsyncLocalStorage<Bounds>();

/** Does some work whose requests have these bounds, beside those that hold anyway. */
export const withBounds = <T>(some: Partial<Bounds>, work: () => T): T =>
  bounds.run({ signal: undefined, ...usual, ...bounds.getStore(), ...some }, work);

/** What ends the requests that are made now. */
export const currentSignal = (): AbortSignal | undefined => bounds.getStore()?.signal;

/** The engine did not answer in time. Its code is the one that a connection without an answer has. */
export class EngineSilent extends Error {
  override readonly name = 'EngineSilent';
  readonly code = 'ETIMEDOUT';

  constructor(ms: number) {
    super(`no answer in ${ms / 1000} s`);
  }
}

/** For an engine to remove what was made, once a build was interrupted: Nx kills what it interrupts after five seconds. */
const removalMs = { usual: 60_000, interrupted: 2500 } as const;
/** For an engine to pass on a signal. */
const sendMs = { usual: 30_000, interrupted: 1000 } as const;

/** Interrupts after which an engine did not answer: it is asked once more, and not waited for. */
const silent = new WeakSet<AbortSignal>();
const silentMs = 300;

/**
 * Cleans up by requests that the interrupt which leads to it does not end, and that are not waited for long after it,
 * however much is still to be done.
 */
export async function cleaningUp<T>(
  work: () => Promise<T>,
  { usual: longest, interrupted }: { usual: number; interrupted: number } = removalMs,
): Promise<T> {
  const interrupt = currentSignal();
  const over = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  const endIn = (ms: number): void => void timers.push(setTimeout(() => over.abort(new EngineSilent(ms)), ms));
  const hurry = (): void => endIn(interrupted);
  endIn(interrupt !== undefined && silent.has(interrupt) ? silentMs : longest);
  if (interrupt?.aborted) hurry();
  else interrupt?.addEventListener('abort', hurry, { once: true });
  try {
    return await withBounds({ signal: over.signal, answerMs: longest }, work);
  } catch (error) {
    if (over.signal.aborted && interrupt?.aborted) silent.add(interrupt);
    throw error;
  } finally {
    interrupt?.removeEventListener('abort', hurry);
    timers.forEach((timer) => clearTimeout(timer));
  }
}

/** The same for signals to a container. */
export const signalling = <T>(work: () => Promise<T>): Promise<T> => cleaningUp(work, sendMs);

type Dial = Docker['modem']['dial'];
type Asked = Parameters<Dial>[0];

/**
 * Has all requests of a dockerode keep to the bounds of the work that makes them.
 *
 * @param signal ends those that are made outside of {@link withBounds}
 */
export function boundRequests(docker: Docker, signal?: AbortSignal): Docker {
  const { modem } = docker;
  const dial: Dial = modem.dial.bind(modem);
  modem.dial = (asked, done) => {
    const { signal: ending, answerMs, silenceMs } = bounds.getStore() ?? { signal, ...usual };
    const late = new AbortController();
    const timer = Number.isFinite(answerMs)
      ? setTimeout(() => late.abort(new EngineSilent(answerMs)), answerMs)
      : undefined;
    const over = AbortSignal.any([late.signal, ...[ending, asked.abortSignal].filter((one) => one !== undefined)]);
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      done?.(asError(over.aborted ? over.reason : error), null);
    };
    if (over.aborted) {
      fail(over.reason);
      return;
    }
    const settle = async (answer: unknown): Promise<void> => {
      if (!(answer instanceof IncomingMessage)) throw new Error('the engine answered with a connection');
      const value = await receive(answer, asked, silenceMs);
      clearTimeout(timer);
      done?.(null, value);
    };
    // Every status is good to dockerode, and every answer a stream: it would read them without a limit.
    dial({ ...asked, isStream: true, abortSignal: over, statusCodes: anyStatus }, (error, answer) => {
      // oxlint-disable-next-line promise/no-promise-in-callback -- dockerode's modem knows callbacks alone
      if (error === null) void settle(answer).catch(fail);
      else fail(error);
    });
  };
  return docker;
}

const anyStatus: Record<number, boolean> = new Proxy({}, { get: () => true });

async function receive(
  answer: IncomingMessage,
  { statusCodes = {}, isStream }: Asked,
  silenceMs: number,
): Promise<object> {
  const { statusCode = 0 } = answer;
  const meaning = statusCodes[statusCode] ?? 'unexpected';
  if (meaning !== true) throw await refusal(answer, String(meaning));
  if (isStream === true) {
    if (Number.isFinite(silenceMs)) onSilence(answer, silenceMs, () => answer.destroy(new EngineSilent(silenceMs)));
    return answer;
  }
  const bytes = await read(answer, largestAnswer);
  const value = parse(bytes.toString());
  return typeof value === 'object' && value !== null ? value : bytes;
}

/** How engines say why they refuse. */
const refused = z.object({ message: z.string() });

/** As dockerode's own errors of answers that say no. */
async function refusal(answer: IncomingMessage, reason: string): Promise<Error> {
  const text = (await read(answer, largestRefusal).catch(() => Buffer.alloc(0))).toString();
  const json = parse(text);
  const said = refused.safeParse(json);
  const message = said.success ? said.data.message : text;
  return Object.assign(new Error(`(HTTP code ${answer.statusCode}) ${reason} - ${message} `), {
    statusCode: answer.statusCode,
    reason,
    json,
  });
}

async function read(answer: IncomingMessage, largest: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > largest) throw new Error(`its answer has more than ${largest} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
