import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type LogMonitor,
  type LoraxProgram,
  createLogMonitor,
  explainDirectory,
  labelWarnings,
} from '@phyllome/installer';
import type { BuildContext } from './context.ts';
import type { Fetched } from '../executor/executor.ts';
import type { BuilderImage } from '../container/builder-image.ts';
import { messageOf } from '@phyllome/host';
import { IsoBuildError } from '../errors.ts';
import { type Attempt, type Executor, patientGraceMs } from '../executor/executor.ts';
import { failureOf } from './failure.ts';

/** Console lines kept to explain a failure. */
const keptLines = 200;
/** Characters of the console that are kept: a hundred times what a build has. What comes after is looked through alone. */
const longestConsole = 32 * 2 ** 20;
/** Between two looks at the file that mksquashfs writes. */
const lookMs = 2000;
/**
 * For the installer to end after it gave up: mostly it then sleeps for three minutes, for somebody to look at its screen,
 * and has to be interrupted.
 */
const afterGivingUpMs = 5000;
/**
 * For livemedia-creator to end once the installer has: it copies the installer's logs, for which it may have to wait a
 * minute, and an interruption would lose them.
 */
const afterInstallerMs = 120_000;
/** Between two looks at how long the console has been silent. */
const listenMs = 30_000;

/** A timer that is set to more fires at once (Node, `timers`): 24 days. */
const longestMs = 2 ** 31 - 1;

/** What an attempt that succeeded leaves beside its logs. */
export interface AttemptResult {
  iso: Fetched;
  /** Size of the compressed root file system in bytes, if it was seen. */
  squashfsBytes: number | undefined;
}

/**
 * Runs livemedia-creator or mkksiso once, and brings to `directory` what it leaves: `logs/` always, the ISO when there is one.
 *
 * @throws {IsoBuildError} why it failed
 * @throws the signal's reason when aborted
 */
export async function runAttempt(
  context: BuildContext,
  executor: Executor,
  { directory, image, argv }: { directory: string; image: BuilderImage; argv: readonly string[] },
): Promise<AttemptResult> {
  const { kickstart, isoName, installer, sourceDateEpoch, timeoutMs, abortGraceMs = patientGraceMs } = context.options;
  const { signal } = context;
  const program: LoraxProgram = installer === undefined ? 'livemedia-creator' : 'mkksiso';
  context.enter('upload');
  signal.throwIfAborted();
  const attempt = await executor.create(
    { argv, kickstart, isoName, installer: installer?.iso, sourceDateEpoch },
    image,
  );
  await using cleanUp = new AsyncDisposableStack();
  cleanUp.defer(async () => {
    try {
      await attempt[Symbol.asyncDispose]();
    } catch (error) {
      // The result counts, not that the engine went away after it: the next build looks for leftovers.
      context.warn(messageOf(error));
    }
  });

  context.enter('start');
  const monitor = createLogMonitor();
  const lastLines: string[] = [];
  let [written, flooded] = [0, false];
  const consoleLog = createWriteStream(join(directory, 'logs', 'console.log'));
  // Seen when it is closed.
  consoleLog.on('error', () => undefined);
  cleanUp.defer(() => closed(consoleLog).catch(() => undefined));
  const stop = cleanUp.use(stopwatch(timeoutMs, () => monitor.installerEnded));
  const silence = cleanUp.use(watchSilence(context, monitor));
  const watcher = cleanUp.use(watchSquashfs(context, attempt, monitor));
  const running = attempt.run({
    signal,
    abortGraceMs,
    stop: stop.signal,
    onLine: (line) => {
      written += line.length + 1;
      if (written <= longestConsole) consoleLog.write(`${line}\n`);
      else if (!flooded) {
        flooded = true;
        context.warn(`the console has more than ${longestConsole / 2 ** 20} MiB: the rest of it is not kept`);
      }
      lastLines.push(line);
      if (lastLines.length > keptLines) lastLines.shift();
      if (!flooded) context.emit({ type: 'log', source: 'console', line });
      for (const event of monitor.line(line)) context.emit(event);
      if (monitor.gaveUp) stop.hurry();
      silence.heard();
    },
  });
  const { exitCode, stopped, ...known } = await running.catch(async (error: unknown) => {
    // A machine that ends before its build leaves its kernel's words.
    if (error instanceof IsoBuildError && error.code === 'MACHINE_FAILED')
      await attempt.fetchLogs(join(directory, 'logs')).catch(() => undefined);
    throw error;
  });
  await watcher[Symbol.asyncDispose]();
  await closed(consoleLog);
  for (const event of monitor.end()) context.emit(event);

  context.enter('fetch');
  for (const remark of await attempt.fetchLogs(join(directory, 'logs'))) context.warn(remark);
  signal.throwIfAborted();
  const evidence = { argv, lastLines };
  if (stopped && !monitor.gaveUp)
    throw new IsoBuildError('BUILD_TIMEOUT', `${program} did not finish in ${(timeoutMs ?? 0) / 1000} s`, {
      hint: 'allow it more time, or see in logs/console.log where it spends it',
      evidence: { ...evidence, cause: 'timeout' },
    });
  if (exitCode !== 0 || stopped) {
    const ended = { kickstart, program, exitCode, ...known };
    const found = await explainDirectory(join(directory, 'logs'), ended);
    throw failureOf(found?.explanation ?? monitor.explain(ended), { ...evidence, exitCode });
  }
  for (const warning of await labelWarnings(join(directory, 'logs'))) context.warn(warning);
  let percent = -1;
  const iso = await attempt.fetchResult(isoName, join(directory, isoName), {
    signal,
    onProgress(done, total) {
      const now = Math.floor((done / total) * 100);
      if (now === percent) return;
      percent = now;
      context.emit({ type: 'progress', phase: 'fetch', done, total, unit: 'bytes' });
    },
  });
  if (iso === undefined)
    throw new IsoBuildError('ISO_MISSING', `${program} reported success, but made no ${isoName}`, {
      hint: 'look at logs/console.log',
      evidence,
    });
  return { iso, squashfsBytes: watcher.bytes() };
}

/** Fires when the time is up, or a little after `hurry` is called. */
function stopwatch(
  timeoutMs: number | undefined,
  installerEnded: () => boolean,
): Disposable & { signal: AbortSignal; hurry(): void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timers = timeoutMs === undefined ? [] : [setTimeout(abort, Math.min(timeoutMs, longestMs))];
  let hurried = false;
  return {
    signal: controller.signal,
    hurry() {
      if (hurried) return;
      hurried = true;
      const unlessEnded = (): void => {
        if (installerEnded()) timers.push(setTimeout(abort, afterInstallerMs));
        else abort();
      };
      timers.push(setTimeout(unlessEnded, afterGivingUpMs));
    },
    [Symbol.dispose]: () => timers.forEach((timer) => clearTimeout(timer)),
  };
}

/**
 * mksquashfs is silent as lorax runs it, and may take the longest of all after the installer: how far it is shows in the
 * size of the file that it writes.
 */
function watchSquashfs(
  context: BuildContext,
  attempt: Attempt,
  monitor: LogMonitor,
): AsyncDisposable & { bytes(): number | undefined } {
  const over = new AbortController();
  let bytes: number | undefined;
  const watch = async (): Promise<void> => {
    for (let last = false; !last;) {
      await sleep(lookMs, undefined, { signal: over.signal }).catch(() => undefined);
      if (over.signal.aborted) return;
      const path = monitor.growing;
      if (path === undefined) continue;
      // Once more when it is complete: the next build wants to know how large it gets.
      last = monitor.phase !== 'squashfs';
      const size = await attempt.sizeOf(path);
      if (size === undefined || size === bytes) continue;
      bytes = size;
      if (last) return;
      const total = context.expectedSquashfsBytes;
      context.emit({
        type: 'progress',
        phase: 'squashfs',
        done: size,
        ...(total === undefined ? {} : { total: Math.max(total, size) }),
        unit: 'bytes',
      });
    }
  };
  const watching = watch();
  return {
    bytes: () => bytes,
    async [Symbol.asyncDispose]() {
      over.abort();
      await watching;
    },
  };
}

/** Warns once of each silence that means something. */
function watchSilence(context: BuildContext, monitor: LogMonitor): Disposable & { heard(): void } {
  let since = Date.now();
  let warned = false;
  const timer = setInterval(() => {
    const meaning = warned ? undefined : monitor.silence(Date.now() - since);
    if (meaning === undefined) return;
    warned = true;
    context.warn(meaning);
  }, listenMs);
  return {
    heard() {
      since = Date.now();
      warned = false;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** Ends the file, and waits until all of it is written. */
async function closed(file: WriteStream): Promise<void> {
  if (file.errored) throw file.errored;
  if (!file.closed) await finished(file.end());
}
