import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '@phyllome/vm-tester';
import { INHERITED, LineSplitter, OwnTime, QemuProcess, QmpClient, whenStuck } from '@phyllome/vm-tester/qemu';
import type { DeployEvent } from '../deploy-event.ts';
import { DeployError } from '../errors.ts';
import { INSTALL_BUDGETS } from './budgets.ts';
import { type End, endOf, endedEarly } from './end.ts';
import type { InstallLogs, LogName } from './logs.ts';
import { InstallMonitor, type LogSource } from './monitor.ts';

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
  /** The kickstart as the machine gets it. */
  kickstart: string;
  /** What the machine says when everything has succeeded. */
  nonce: string;
  /** What is typed on the console when it is asked for. */
  passphrase?: string | undefined;
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
/** QEMU ends by itself once its guest has powered off. */
const EXIT_GRACE_MS = 10_000;

/** How the rehearsal's installer asks for a new passphrase, twice. */
const PASSPHRASE_WANTED = /(?:Passphrase for \S+ \([^)]*\)|The same again): $/u;

const FILES: Readonly<Record<LogSource, LogName>> = { console: 'console.log', log: 'installer.log' };

/**
 * Runs the machine until it has powered off after its nonce.
 *
 * @returns how long that took, in milliseconds
 * @throws {DeployError} INSTALL_FAILED, INSTALL_STALLED
 * @throws {VmTesterError} QEMU_MISSING
 * @throws the signal's reason
 */
export async function runInstallation(run: Run): Promise<number> {
  const { host, argv, nonce, logs, signal, emit, budgets = INSTALL_BUDGETS } = run;
  const start = performance.now();
  const now = (): number => Math.round(performance.now() - start);
  const { promise: end, resolve } = Promise.withResolvers<End>();
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {}); // seen below, or too late to matter
  const monitor = new InstallMonitor(
    {
      onPhase: (phase, atMs) => emit({ type: 'phase', phase, atMs }),
      onProgress: (progress, atMs) => emit({ type: 'progress', phase: monitor.phase, ...progress, atMs }),
      onFailure: () => resolve('failed'),
    },
    run.kickstart,
  );

  await using qemu = await QemuProcess.start(host.qemu.path, [...argv]);
  qemu.exited.then(
    (status) => resolve({ exited: status }),
    () => {},
  );
  QmpClient.connect(qemu.links.qmp).then(
    (qmp) =>
      qmp.onEvent((event) => {
        const ended = endOf(event, monitor.phase);
        if (ended) resolve(ended);
      }),
    () => {}, // QEMU is gone: its exit says why
  );
  const terminal = new LineSplitter();
  // Lines of the console so far: a question that was answered once is the same until the next line.
  let [shown, answered] = [0, -1];
  read('console', qemu.links.serial, terminal);
  read('log', qemu.links.journal, new LineSplitter());
  listenFor(nonce, qemu.links.channel, () => logged(() => monitor.enter('installed', now())));
  qemu.links.debugcon.resume(); // a guest waits on a socket that is full

  using watching = new DisposableStack();
  const questions = setInterval(() => {
    if (terminal.open === '') return;
    if (run.passphrase !== undefined && PASSPHRASE_WANTED.test(terminal.open)) {
      if (answered !== shown) qemu.links.serial.write(`${run.passphrase}\r`);
      answered = shown;
    } else logged(() => monitor.line('console', terminal.open, now()));
  }, OPEN_LINE_EVERY_MS);
  watching.defer(() => clearInterval(questions));
  const time = watching.use(new OwnTime(qemu.pid));
  const stuck = whenStuck({
    progressAtMs: () => monitor.progressAtMs,
    lostMs: () => time.lostMs,
    isOverdue(lostMs) {
      const { fixedMs, scaledMs } = budgets[monitor.phase];
      return now() - monitor.progressAtMs - lostMs > fixedMs + scaledMs * host.timeScale;
    },
  });
  void watching.use(stuck).promise.then(() => resolve('stalled'));
  const ended = await Promise.race([end, broken.promise, watching.use(whenAborted(signal)).promise]);

  if (ended === 'failed' && qemu.alive) await sleep(AFTERMATH_MS);
  if (ended === 'powered-off') {
    await Promise.race([qemu.exited, sleep(EXIT_GRACE_MS, undefined, { ref: false })]);
    if (monitor.phase === 'installed') {
      monitor.enter('powered-off', now());
      return now();
    }
  }
  const evidence = { directory: logs.directory };
  if (ended === 'stalled') {
    throw new DeployError('INSTALL_STALLED', `no progress in the phase ${monitor.phase} for too long`, {
      hint: 'see the console log for where it stands; on a busy host, try again when it is idle',
      evidence,
    });
  }
  const failure = monitor.failure ?? endedEarly(monitor.phase, ended, qemu.stderr);
  emit({ type: 'failure', failure, atMs: now() });
  const { cause, hint, lines, kickstartLine } = failure;
  throw new DeployError('INSTALL_FAILED', `the installation failed: ${cause}\n  ${lines.join('\n  ')}`, {
    hint,
    kickstartLine,
    evidence,
  });

  function read(source: LogSource, stream: Readable, splitter: LineSplitter): void {
    stream.on('data', (chunk: Buffer) => {
      const atMs = now();
      for (const line of splitter.push(chunk))
        logged(() => {
          if (source === 'console') shown += 1;
          logs.append(FILES[source], `${stamp(atMs)} ${line}\n`);
          monitor.line(source, line, atMs);
        });
    });
  }

  /** Does what writes logs: a disk that is full ends the installation, and not this process. */
  function logged(work: () => void): void {
    try {
      work();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      broken.reject(
        new DeployError('INSTALL_FAILED', `the logs cannot be written to ${logs.directory}: ${why}`, {
          hint: 'free some space there, or put the disk elsewhere',
          cause: error,
        }),
      );
    }
  }
}

function listenFor(nonce: string, stream: Readable, heard: () => void): void {
  let said = '';
  stream.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('latin1')).slice(-1024);
    if (said.includes(nonce)) heard();
  });
}

function whenAborted(signal: AbortSignal | undefined): Disposable & { promise: Promise<never> } {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  const onAbort = (): void => reject(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  return { promise, [Symbol.dispose]: () => signal?.removeEventListener('abort', onAbort) };
}

/** Seconds since the start, as the kernel prints them. */
const stamp = (atMs: number): string => `[${(atMs / 1000).toFixed(3).padStart(8)}]`;
