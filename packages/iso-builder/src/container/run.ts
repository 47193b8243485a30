import { addAbortSignal, Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { currentSignal, signalling, withBounds } from '../engine/bounds.ts';
import type { Engine } from '../engine/engine.ts';
import type { RunOptions, RunOutcome } from '../executor/executor.ts';
import { waitOrStop } from '../executor/stop.ts';
import { lineSink } from '../progress/lines.ts';
import { frameReader } from './frames.ts';
import { engineLost, request, statusOf } from './requests.ts';

/** When nothing of the log has come for so long after the container ended, that was all: Podman's does not always end. */
const logSilenceMs = 2000;
/** How often an engine may be asked in vain before it counts as lost. */
const patience = 5;
/** For an engine to say how a container is. */
const askMs = 30_000;
/** For a container to end before its end is asked for anew: Podman 4 may forget who waits for one that ends at once. */
const waitMs = 15_000;
/** Between two attempts to follow the log. */
const followAgainMs = 200;

/**
 * Starts the container and follows its console until it ends. Every line is reported once, in order, the last ones
 * included.
 *
 * @throws {IsoBuildError} ENGINE_REFUSED, ENGINE_LOST
 * @throws the signal's reason when aborted, after the process was asked to stop and had its grace to do so.
 */
export async function runContainer(
  engine: Engine,
  container: Docker.Container,
  options: RunOptions,
): Promise<RunOutcome> {
  const { signal, onLine } = options;
  signal.throwIfAborted();
  await request(engine, 'start the container', () => container.start(), { answerMs: 5 * 60_000 });
  const over = new AbortController();
  // The end of an interrupted container is waited for, too.
  const lasting = { signal: over.signal, answerMs: Infinity, silenceMs: Infinity };
  const exit = withBounds(lasting, () => waitForExit(engine, container));
  const exited = new AbortController();
  const log = withBounds(lasting, () => followLog(container, { exited: exited.signal, over: over.signal, onLine }));
  // Both settle before we return; what they throw is thrown below.
  exit.then(
    () => exited.abort(),
    () => exited.abort(),
  );
  log.catch(() => undefined);

  const send = (name: string) => (): Promise<void> =>
    signalling(() => request(engine, `send ${name} to the container`, () => sendSignal(container, name)));
  try {
    const outcome = await waitOrStop({ exit, interrupt: send('SIGINT'), kill: send('SIGKILL') }, options);
    await log;
    signal.throwIfAborted();
    return { ...outcome, oomKilled: outcome.exitCode !== 0 && (await ranOutOfMemory(container)), diskFull: false };
  } finally {
    // Whatever has failed: no line is reported after this.
    over.abort();
    await log.catch(() => undefined);
  }
}

/** Asked after the end; an engine that does not say knows of nothing. */
async function ranOutOfMemory(container: Docker.Container): Promise<boolean> {
  const { State } = await container.inspect().catch(() => ({ State: undefined }));
  return State?.OOMKilled === true;
}

/** One that has ended in the meantime, or is gone, needs no signal. */
async function sendSignal(container: Docker.Container, name: string): Promise<void> {
  try {
    await container.kill({ signal: name });
  } catch (error) {
    const status = statusOf(error);
    if (status !== 404 && status !== 409 && status !== 500) throw error;
  }
}

/**
 * The exit code, also when connections break in between: an engine may be restarted under a living container, what is
 * between us and it may cut a connection on which nothing is said for long, and an answer may never come.
 */
async function waitForExit(engine: Engine, container: Docker.Container): Promise<number> {
  const over = currentSignal();
  for (let unanswered = 0; ;) {
    try {
      return await withBounds({ answerMs: waitMs }, () =>
        engine.kind === 'podman' ? podmanWait(container, engine.version) : dockerWait(container),
      );
    } catch (error) {
      if (statusOf(error) === 404) throw engineLost(engine, 'run the container', error);
      over?.throwIfAborted();
      await sleep(500 * (unanswered + 1));
      over?.throwIfAborted();
      const { State } = await withBounds({ answerMs: askMs }, () => container.inspect()).catch(() => ({
        State: undefined,
      }));
      if (State?.Status === 'exited' || State?.Status === 'dead') return State.ExitCode;
      unanswered = State === undefined ? unanswered + 1 : 0;
      if (unanswered === patience) throw engineLost(engine, 'run the container', error);
    }
  }
}

async function dockerWait(container: Docker.Container): Promise<number> {
  const { StatusCode }: { StatusCode: number } = await container.wait();
  return StatusCode;
}

/**
 * By Podman's own API: behind Docker's, Podman 4 looks at the container's state without a pause, which costs as much
 * processor time as it can get for as long as the build takes; behind its own it looks four times a second.
 */
async function podmanWait({ modem, id }: Docker.Container, version: string): Promise<number> {
  const path = `/v${version}/libpod/containers/${id}/wait`;
  return Number(
    await new Promise<unknown>((resolve, reject) => {
      modem.dial(
        { path, method: 'POST', statusCodes: { 200: true, 404: 'no such container' } },
        (error: unknown, exitCode: unknown) => (error ? reject(error) : resolve(exitCode)),
      );
    }),
  );
}

interface LogOptions {
  /** The container has ended, and its log does not grow any more. */
  exited: AbortSignal;
  /** The caller wants no more of it. */
  over: AbortSignal;
  onLine: (line: string) => void;
}

/**
 * Follows the log to its end. A stream that breaks off is opened again, and after the container has ended the log is
 * read once more: lines that were reported are counted and skipped.
 */
async function followLog(container: Docker.Container, { exited, over, onLine }: LogOptions): Promise<void> {
  let reported = 0;
  while (!over.aborted) {
    const complete = exited.aborted;
    let line = 0;
    const onEach = (text: string): void => {
      line += 1;
      if (line <= reported) return;
      reported = line;
      onLine(text);
    };
    await readLog(container, complete, { exited, over, onLine: onEach }).catch((error: unknown) => {
      // Gone together with its log: the exit code says more than this failure.
      if (complete && statusOf(error) !== 404) throw error;
    });
    if (complete) return;
    if (!exited.aborted) await sleep(followAgainMs);
  }
}

/** Reads the log from its beginning. The place where it breaks off is the end of a line only when it is complete. */
async function readLog(
  container: Docker.Container,
  complete: boolean,
  { exited, over, onLine }: LogOptions,
): Promise<void> {
  const stream = await container.logs({ follow: true, stdout: true, stderr: true });
  if (!(stream instanceof Readable)) throw new TypeError('the log is not a stream');
  addAbortSignal(over, stream);
  const sinks = { stdout: lineSink(onLine), stderr: lineSink(onLine) };
  const take = frameReader((output, content) => void sinks[output].write(content));
  let silence: NodeJS.Timeout | undefined;
  const listen = (): void => {
    clearTimeout(silence);
    if (exited.aborted) silence = setTimeout(() => stream.destroy(), logSilenceMs);
  };
  listen();
  exited.addEventListener('abort', listen, { once: true });
  try {
    stream.on('data', (chunk: Buffer) => {
      listen();
      take(chunk);
    });
    await finished(stream, { writable: false }).catch(() => undefined);
  } finally {
    exited.removeEventListener('abort', listen);
    clearTimeout(silence);
  }
  if (complete) await Promise.all(Object.values(sinks).map((sink) => finished(sink.end())));
}
