import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '@phyllome/vm-tester';
import { Deadline, INHERITED, LineSplitter, QemuProcess, QmpClient } from '@phyllome/vm-tester/qemu';
import type { DeployEvent } from '../deploy-event.ts';
import { DeployError } from '../errors.ts';
import { INSTALL_BUDGETS } from './budgets.ts';
import type { InstallLogs } from './logs.ts';
import { type InstallFailure, InstallMonitor, type LogSource } from './monitor.ts';

/** Which of the sockets that QEMU inherits leads where. */
export const INSTALL_FDS = {
  qmp: INHERITED.qmp,
  console: INHERITED.serial,
  log: INHERITED.journal,
  result: INHERITED.channel,
} as const;

export interface Run {
  host: Host;
  argv: readonly string[];
  /** What the machine says when everything has succeeded. */
  nonce: string;
  logs: InstallLogs;
  signal: AbortSignal | undefined;
  emit: (event: DeployEvent) => void;
  /** Instead of those in budgets.ts. */
  budgets?: typeof INSTALL_BUDGETS;
}

/** What follows a fatal line explains it. */
const AFTERMATH_MS = 2_000;
/** A question is a line that was begun and left open. */
const OPEN_LINE_EVERY_MS = 1_000;

/**
 * Runs the machine until it has powered off after its nonce.
 *
 * @returns how long that took, in milliseconds
 * @throws {DeployError} INSTALL_FAILED, INSTALL_STALLED
 * @throws {VmTesterError} QEMU_MISSING, QMP_CLOSED
 */
export async function runInstallation(run: Run): Promise<number> {
  const { host, argv, nonce, logs, signal, emit, budgets = INSTALL_BUDGETS } = run;
  const start = performance.now();
  const now = (): number => Math.round(performance.now() - start);
  const failed = Promise.withResolvers<'failed'>();
  const monitor = new InstallMonitor({
    onPhase: (phase, atMs) => emit({ type: 'phase', phase, atMs }),
    onProgress: (progress, atMs) => emit({ type: 'progress', phase: monitor.phase, progress, atMs }),
    onFailure: () => failed.resolve('failed'),
  });

  await using qemu = await QemuProcess.start(host.qemu.path, [...argv]);
  const { links } = qemu;
  const console = new LineSplitter();
  read(links.serial, console, 'console', 'console.log');
  read(links.journal, new LineSplitter(), 'log', 'installer.log');
  let said = '';
  links.channel.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('latin1')).slice(-1024);
    if (said.includes(nonce)) monitor.enter('installed', now());
  });
  // Taken out of the way of a full socket buffer, on which the guest would wait.
  links.debugcon.resume();

  const poweredOff = Promise.withResolvers<void>();
  QmpClient.connect(links.qmp).then(
    (qmp) => qmp.onEvent(({ event }) => event === 'SHUTDOWN' && poweredOff.resolve()),
    () => {}, // QEMU is gone: its end, below, tells why
  );
  using questions = repeat(OPEN_LINE_EVERY_MS, () => {
    if (console.open !== '') monitor.line('console', console.open, now());
  });
  void questions;

  using overdue = stalled();
  using aborted = whenAborted(signal);
  const ended = await Promise.race([
    qemu.exited.then((status) => ({ status })),
    failed.promise,
    overdue.promise,
    aborted.promise,
  ]);
  if (monitor.failure || ended === 'failed') {
    if (qemu.alive) await sleep(AFTERMATH_MS);
    const failure = monitor.failure;
    if (failure) {
      emit({ type: 'failure', failure, atMs: now() });
      throw installFailed(failure);
    }
  }
  if (ended === 'stalled') {
    const { phase } = monitor;
    throw new DeployError('INSTALL_STALLED', `the installation made no progress in the phase ${phase} for too long`, {
      hint: 'see the console log for where it stands; on a slow host, wait and try again when it is idle',
      evidence: { directory: logs.directory },
    });
  }
  if (monitor.phase === 'installed') {
    monitor.enter('powered-off', now());
    return now();
  }
  const status = typeof ended === 'object' ? ended.status : 'unknown';
  const byGuest = await Promise.race([poweredOff.promise.then(() => true), sleep(0, false)]);
  const what = `the machine ended in the phase ${monitor.phase}, and never said that everything was installed`;
  const failure: InstallFailure = {
    cause: 'ended-early',
    hint: byGuest
      ? 'the installer gave up and powered off: its log says why'
      : 'check the free memory of this machine, and the console log',
    lines: byGuest ? [what] : [what, `QEMU ended with ${status}: ${qemu.stderr || 'no message'}`],
    kickstartLine: undefined,
  };
  emit({ type: 'failure', failure, atMs: now() });
  throw installFailed(failure);

  function read(
    stream: NodeJS.ReadableStream,
    splitter: LineSplitter,
    source: LogSource,
    file: 'console.log' | 'installer.log',
  ): void {
    stream.on('data', (chunk: Buffer) => {
      const atMs = now();
      for (const line of splitter.push(chunk)) {
        logs.append(file, `${stamp(atMs)} ${line}\n`);
        monitor.line(source, line, atMs);
      }
    });
  }

  function stalled(): Disposable & { promise: Promise<'stalled'> } {
    const { promise, resolve } = Promise.withResolvers<'stalled'>();
    const deadline = new Deadline(
      (load) => {
        const { fixedMs, scaledMs } = budgets[monitor.phase];
        return monitor.progressAtMs + fixedMs + scaledMs * host.timeScale * load;
      },
      () => undefined,
    );
    deadline.signal.addEventListener('abort', () => resolve('stalled'), { once: true });
    return { promise, [Symbol.dispose]: () => deadline[Symbol.dispose]() };
  }

  function installFailed({ cause, hint, lines, kickstartLine }: InstallFailure): DeployError {
    return new DeployError('INSTALL_FAILED', `the installation failed: ${cause}\n  ${lines.join('\n  ')}`, {
      hint,
      kickstartLine,
      evidence: { directory: logs.directory },
    });
  }
}

function whenAborted(signal: AbortSignal | undefined): Disposable & { promise: Promise<never> } {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  const onAbort = (): void => reject(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  return { promise, [Symbol.dispose]: () => signal?.removeEventListener('abort', onAbort) };
}

function repeat(everyMs: number, work: () => void): Disposable {
  const timer = setInterval(work, everyMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Seconds since the start, as the kernel prints them. */
const stamp = (atMs: number): string => `[${(atMs / 1000).toFixed(3).padStart(8)}]`;
