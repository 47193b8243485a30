import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { Engine } from '../engine/engine.ts';
import type { RunOptions, RunOutcome } from '../executor/executor.ts';
import { waitOrStop } from '../executor/stop.ts';
import { lineSink } from '../lines.ts';
import { engineLost, request, statusOf } from './requests.ts';

/** For the log to reach its end after the container did: Podman's does not always end. */
const logDrainMs = 2000;
/** Between two attempts to follow the log. */
const followAgainMs = 200;

/**
 * Starts the container and follows its console until it ends. Every line is reported once, in order, the last ones
 * included.
 *
 * @throws {IsoBuildError} ENGINE_REFUSED, ENGINE_LOST
 * @throws the signal's reason when aborted, after the process was asked to stop and had its grace to do so.
 */
export const runContainer = async (
  engine: Engine,
  container: Docker.Container,
  options: RunOptions,
): Promise<RunOutcome> => {
  const { signal, onLine } = options;
  signal.throwIfAborted();
  await request(engine, 'start the container', () => container.start());
  const exit = waitForExit(engine, container);
  const exited = new AbortController();
  const log = followLog(container, exited.signal, onLine);
  // Both settle before we return; what they throw is thrown below.
  exit.then(
    () => exited.abort(),
    () => exited.abort(),
  );
  log.catch(() => undefined);

  const process = { exit, interrupt: () => interrupt(container), kill: () => kill(container) };
  const outcome = await waitOrStop(process, options);
  await log;
  signal.throwIfAborted();
  return { ...outcome, oomKilled: outcome.exitCode !== 0 && (await ranOutOfMemory(container)) };
};

/** Asked after the end; an engine that does not say knows of nothing. */
const ranOutOfMemory = async (container: Docker.Container): Promise<boolean> => {
  const { State } = await container.inspect().catch(() => ({ State: undefined }));
  return State?.OOMKilled === true;
};

const interrupt = (container: Docker.Container): Promise<void> => sendSignal(container, 'SIGINT');
const kill = (container: Docker.Container): Promise<void> => sendSignal(container, 'SIGKILL');

/** One that has ended in the meantime, or is gone, needs no signal. */
const sendSignal = async (container: Docker.Container, name: string): Promise<void> => {
  try {
    await container.kill({ signal: name });
  } catch (error) {
    const status = statusOf(error);
    if (status !== 404 && status !== 409 && status !== 500) throw error;
  }
};

/** The exit code, also when connections break in between: an engine may be restarted under a living container. */
const waitForExit = async (engine: Engine, container: Docker.Container): Promise<number> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await (engine.kind === 'podman' ? podmanWait(container, engine.version) : dockerWait(container));
    } catch (error) {
      if (statusOf(error) === 404 || attempt === 5) throw engineLost(engine, 'run the container', error);
      await sleep(500 * attempt);
    }
  }
};

const dockerWait = async (container: Docker.Container): Promise<number> => {
  const { StatusCode }: { StatusCode: number } = await container.wait();
  return StatusCode;
};

/**
 * By Podman's own API: behind Docker's, Podman 4 looks at the container's state without a pause, which costs as much
 * processor time as it can get for as long as the build takes; behind its own it looks four times a second.
 */
const podmanWait = async ({ modem, id }: Docker.Container, version: string): Promise<number> => {
  const path = `/v${version}/libpod/containers/${id}/wait`;
  return Number(
    await new Promise<unknown>((resolve, reject) => {
      modem.dial(
        { path, method: 'POST', statusCodes: { 200: true, 404: 'no such container' } },
        (error: unknown, exitCode: unknown) => (error ? reject(error) : resolve(exitCode)),
      );
    }),
  );
};

/**
 * Follows the log to its end. A stream that breaks off is opened again, and after the container has ended the log is
 * read once more: lines that were reported are counted and skipped.
 */
const followLog = async (
  container: Docker.Container,
  exited: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> => {
  let reported = 0;
  for (;;) {
    const complete = exited.aborted;
    let line = 0;
    await readLog(container, exited, (text) => {
      line += 1;
      if (line <= reported) return;
      reported = line;
      onLine(text);
    }).catch((error: unknown) => {
      // Gone together with its log: the exit code tells more than this failure.
      if (complete && statusOf(error) !== 404) throw error;
    });
    if (complete) return;
    if (!exited.aborted) await sleep(followAgainMs);
  }
};

const readLog = async (
  container: Docker.Container,
  exited: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> => {
  const stream = await container.logs({ follow: true, stdout: true, stderr: true });
  if (!(stream instanceof Readable)) throw new TypeError('the log is not a stream');
  const out = lineSink(onLine);
  const err = lineSink(onLine);
  const drained = (): void => void timers.push(setTimeout(() => stream.destroy(), logDrainMs));
  const timers: NodeJS.Timeout[] = [];
  if (exited.aborted) drained();
  exited.addEventListener('abort', drained, { once: true });
  try {
    container.modem.demuxStream(stream, out, err);
    await finished(stream, { writable: false }).catch(() => undefined);
  } finally {
    exited.removeEventListener('abort', drained);
    timers.forEach((timer) => clearTimeout(timer));
  }
  await Promise.all([out, err].map((sink) => finished(sink.end())));
};
