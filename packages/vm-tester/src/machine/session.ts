import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Transcript } from '../console/transcript.ts';
import { VmTesterError } from '../errors.ts';
import { GuestChannel } from '../guest/channel.ts';
import type { RunResult } from '../guest/channel.ts';
import { JournalStore } from '../guest/journal-store.ts';
import { parseJournalLine } from '../guest/journal.ts';
import { Deadline } from '../host/deadline.ts';
import { OwnTime } from '../host/lost-time.ts';
import type { Host } from '../host/probe.ts';
import type { Launched } from './launch.ts';
import { connectMonitor } from '../qemu/monitor.ts';
import type { QmpClient } from '../qmp/client.ts';
import type { QmpEvent } from '../qmp/protocol.ts';
import type { QemuProcess } from '../qemu/process.ts';
import type { Cause, Evidence } from '../verdict/verdict.ts';
import { CONFIRMATION_MS, BootMonitor } from '../verdict/boot-monitor.ts';
import type { Finding, WatchMark } from '../verdict/boot-monitor.ts';
import type { MachineOptions, RunOptions } from './options.ts';
import type { Instrument } from './events.ts';
import { Recording } from './recording.ts';

const QUIT_GRACE_MS = 2_000;
export const DEFAULT_COMMAND_MS = 10_000;
/** Of the journal: longer than any entry with the fields that we ask for. */
const LONGEST_ENTRY = 2 ** 20;
const SYNC_MARKS = 3;
const SYNC_MS = 1_000;

export interface SessionMark {
  monitor: WatchMark;
  serial: string;
  journal: number;
  journalTail: string;
}

/**
 * The machine as it runs: QEMU, what it shows, the monitor that judges that as it comes, and the guest's channel. What
 * a machine can be asked to do is built on it: its lifecycle, from boot to verdict, and the verbs of a test.
 */
export class Session implements AsyncDisposable {
  readonly host: Host;
  readonly options: MachineOptions;
  readonly monitor: BootMonitor;
  readonly channel: GuestChannel;
  readonly recording: Recording;
  readonly journal = new JournalStore();
  /** The serial console. */
  readonly serial = new Transcript();
  readonly reproduce: string;
  /** For temporary files; gone with the machine. */
  readonly directory: string;
  /** Block nodes that belong to the machine's state. */
  readonly writable: readonly string[];
  /** What the guest's agent answers with. */
  readonly nonce: string;
  /** Milliseconds since the machine was let run. */
  readonly now = (): number => Math.round(performance.now() - this.#start);
  /** Of that, what QEMU was denied while it wanted to run. */
  readonly lostMs = (): number => this.#time.lostMs;
  readonly #launched: Launched;
  readonly #time: OwnTime;
  #ready = Promise.withResolvers<void>();
  #fatal = Promise.withResolvers<void>();
  #rebooting = false;
  /** A line of the journal that has begun to arrive. */
  #journalTail = '';
  readonly #qmpListeners = new Set<(event: QmpEvent) => void>();
  #qmp: QmpClient | undefined;
  #start = performance.now();
  #poweredOff = false;
  #infra: Finding | undefined;
  #instrument: Instrument | undefined;

  constructor(host: Host, launched: Launched, options: MachineOptions) {
    this.host = host;
    this.options = options;
    this.reproduce = launched.reproduce;
    this.writable = launched.writable;
    this.directory = launched.directory;
    this.nonce = launched.nonce;
    this.#launched = launched;
    this.recording = new Recording(options, {
      now: this.now,
      screendump: (filename) => this.qmp('screendump', { filename, format: 'png' }),
      onUnwritable: (error) => this.#breaksDown(`the artifacts cannot be written: ${String(error)}`, 'artifacts'),
    });
    this.monitor = new BootMonitor({
      timeScale: host.timeScale,
      ...(options.detectors && { detectors: options.detectors }),
      ...(options.budgets && { budgets: options.budgets }),
      ...(options.allow && { allow: options.allow }),
      ...expectedOf(options),
      onPhase: (phase, atMs) =>
        this.recording.emit({ type: 'phase', phase, atMs, deadlineMs: Math.round(this.monitor.allowedMs()) }),
      onFinding: (finding) => this.#found(finding),
    });
    this.channel = new GuestChannel(launched.qemu.links.channel, launched.nonce, () => {
      this.monitor.enter('ready', this.now());
      this.#ready.resolve();
    });
    this.#readConsole('serial');
    this.#readConsole('debugcon');
    this.#readJournal();
    this.recording.introduce(host, launched);
    // Last, as its clock runs until it is stopped: what is above fails where the artifacts cannot be written.
    this.#time = new OwnTime(launched.qemu.pid);
  }

  /** Until it is called QEMU waits with its CPUs stopped. @throws {VmTesterError} QEMU_FAILED */
  async connect(): Promise<void> {
    const hint = 'check the free memory and that ./setup ran; reproduce.sh in the artifacts has the command';
    this.#qmp = await connectMonitor(this.qemu, hint, {
      record: (record) => this.recording.qmp(record),
      lostMs: this.lostMs,
      onSilence: (command) => this.#breaksDown(`QEMU does not answer ${command}: it hangs`, 'qemu-hangs'),
    });
    this.#qmp.onEvent((event) => this.#onQmp(event));
    // QEMU has them open: whatever happens to us from now on, no file stays.
    await this.#launched.removeFiles();
  }

  get qemu(): QemuProcess {
    return this.#launched.qemu;
  }

  /** The guest's agent answers with this run's nonce. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** A finding ends the run. */
  get fatal(): Promise<void> {
    return this.#fatal.promise;
  }

  /** The guest powered the machine off. */
  get poweredOff(): boolean {
    return this.#poweredOff;
  }

  /** How the guest was reached. */
  get instrument(): Instrument | undefined {
    return this.#instrument;
  }

  /** The guest is reached, by this. */
  useInstrument(instrument: Instrument): void {
    this.#instrument = instrument;
    this.monitor.enter('ready', this.now());
    this.recording.reachedBy(instrument);
  }

  /** Something around the image broke: it is not judged. */
  get infra(): Finding | undefined {
    return this.#infra;
  }

  /** Nothing more will come of it: it ended, or what was found ends it. */
  get over(): boolean {
    return this.monitor.fatal !== undefined || this.#infra !== undefined || !this.qemu.alive;
  }

  /** Lets the machine run. */
  async start(): Promise<void> {
    this.#start = performance.now();
    this.recording.start();
    await this.qmp('cont').catch(async (error: unknown) => {
      if (!isClosed(error)) throw error;
      await this.qemu.exited; // which says why it is gone already
    });
  }

  /** The next reset is asked for; {@link ready} is from now on about the guest after it. */
  expectReboot(): void {
    this.monitor.expectReboot();
    this.#rebooting = true;
    this.#ready = Promise.withResolvers();
  }

  /** A reset was asked for, and has not come: what the machine shows is of the guest that ends. */
  get rebooting(): boolean {
    return this.#rebooting;
  }

  /** What is known of the machine at a moment at which its state is kept. */
  mark(): SessionMark {
    const { monitor, serial, journal } = this;
    return { monitor: monitor.mark(), serial: serial.text, journal: journal.length, journalTail: this.#journalTail };
  }

  /** The machine's state was set back: so is what is known of it. Its agent is to be greeted anew. */
  rewind({ monitor, serial, journal, journalTail }: SessionMark): void {
    this.monitor.rollback(monitor, this.now());
    this.serial.rewind(serial);
    this.journal.truncate(journal);
    // The guest goes on in the middle of the line in which it was.
    this.#journalTail = journalTail;
    this.#fatal = Promise.withResolvers();
    this.#rebooting = false;
    this.#infra = undefined;
  }

  /** @throws {VmTesterError} QMP_COMMAND, QMP_CLOSED */
  async qmp(command: string, args?: Record<string, unknown>): Promise<unknown> {
    if (!this.#qmp) throw new Error('connect() comes first');
    return await this.#qmp.execute(command, args);
  }

  /** @returns a function that removes the listener */
  onQmpEvent(listener: (event: QmpEvent) => void): () => void {
    this.#qmpListeners.add(listener);
    return () => this.#qmpListeners.delete(listener);
  }

  /**
   * Runs a shell command as root in the guest.
   * @throws {VmTesterError} GUEST_UNREACHABLE, GUEST_TIMEOUT
   */
  async run(command: string, options: RunOptions = {}): Promise<RunResult> {
    const { timeoutMs = DEFAULT_COMMAND_MS, stdin = '' } = options;
    using deadline = this.deadline(
      timeoutMs,
      (afterMs) =>
        new VmTesterError('GUEST_TIMEOUT', `${JSON.stringify(command)} did not end in ${seconds(afterMs)}`, {
          hint: 'give a larger timeoutMs if the command needs it; journal.json shows what the guest did',
        }),
    );
    return await this.channel.run(command, Buffer.from(stdin), this.signal(deadline.signal, options.signal));
  }

  /**
   * Waits until the journal holds here what it holds in the guest: a mark that the guest writes into it must arrive. A
   * guest that reboots may lose one, so there are several.
   */
  async syncJournal(): Promise<void> {
    for (let marks = 1; !(await this.#markArrives()); marks++) {
      if (marks < SYNC_MARKS) continue;
      throw new VmTesterError('GUEST_TIMEOUT', 'what the guest writes into its journal does not arrive', {
        hint: 'look at vmt-journal.service in the guest',
      });
    }
  }

  async #markArrives(): Promise<boolean> {
    const mark = `mark ${randomBytes(6).toString('hex')}`;
    await this.run(`journalctl --sync; exec systemd-cat --identifier=vmt --priority=debug echo '${mark}'`);
    using deadline = this.deadline(SYNC_MS, () => undefined);
    const signal = this.signal(deadline.signal);
    const arrived = await this.journal.seen({ identifier: 'vmt', grep: new RegExp(mark), signal });
    this.options.signal?.throwIfAborted();
    return arrived;
  }

  /** Lets a wait end. `timeoutMs` is meant for an idle machine with KVM: this host's speed is added, and what QEMU was denied. */
  deadline(timeoutMs: number, reason: (afterMs: number) => unknown): Deadline {
    return new Deadline(timeoutMs * this.host.timeScale, reason, this.lostMs);
  }

  /** What ends a wait: its own signals, or the whole run's. */
  signal(...own: (AbortSignal | undefined)[]): AbortSignal {
    return AbortSignal.any([...own, this.options.signal].filter((signal) => signal !== undefined));
  }

  /** Something around the image broke. The first such thing is the reason that the image is not judged. */
  blameInfra(cause: Cause, evidence: Evidence): void {
    if (this.#infra) return;
    this.#infra = { severity: 'fatal', cause, phase: this.monitor.phase, evidence };
    this.recording.emit({ type: 'finding', severity: 'fatal', cause, evidence });
  }

  /** The part of its time that the machine was denied by others on this host: 0 is none. */
  get lostShare(): number {
    return this.#time.lostShare;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#time[Symbol.dispose]();
    this.channel.close();
    if (this.qemu.alive && this.#qmp?.open) {
      this.monitor.expectPowerOff();
      const quit = this.qmp('quit').then(
        () => this.qemu.exited,
        () => {},
      );
      await Promise.race([quit, sleep(QUIT_GRACE_MS, undefined, { ref: false })]);
    }
    try {
      await this.#launched[Symbol.asyncDispose]();
    } finally {
      await this.recording[Symbol.asyncDispose]();
    }
  }

  #readConsole(source: 'serial' | 'debugcon'): void {
    this.qemu.links[source].on('data', (chunk: Buffer) => {
      const atMs = this.now();
      if (source === 'serial') this.serial.push(chunk);
      for (const line of this.monitor.console(source, chunk, atMs)) this.recording.consoleLine(source, line, atMs);
    });
  }

  #readJournal(): void {
    const stream = this.qemu.links.journal;
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const lines = (this.#journalTail + chunk).split('\n');
      this.#journalTail = (lines.pop() ?? '').slice(-LONGEST_ENTRY);
      this.recording.journal(lines, this.now());
      for (const line of lines) {
        const entry = parseJournalLine(line);
        if (!entry) continue;
        this.journal.add(entry);
        this.monitor.journal(entry, this.now());
      }
    });
    stream.on('close', () => this.journal.close());
  }

  #onQmp(event: QmpEvent): void {
    this.monitor.qmp(event, this.now());
    if (event.event === 'BLOCK_IO_ERROR' && event.data?.['nospace'] === true)
      this.#breaksDown(
        `no space is left on this host for what the guest writes: ${JSON.stringify(event)}`,
        'host-full',
      );
    if (event.event === 'SHUTDOWN') this.#poweredOff = event.data?.['guest'] === true;
    if (event.event === 'RESET' && this.#rebooting) {
      this.#rebooting = false;
      this.channel.reset();
      this.serial.rewind();
      this.#journalTail = '';
    }
    for (const listener of this.#qmpListeners) listener(event);
  }

  /** QEMU cannot go on, for a reason that is not the image's. It is ended, and with it whatever waits for it. */
  #breaksDown(line: string, detector: string): void {
    this.blameInfra('infra:qemu', { source: 'process', atMs: this.now(), line, detector });
    this.qemu.kill();
  }

  #found(finding: Finding): void {
    const { severity, cause, evidence } = finding;
    this.recording.emit({ type: 'finding', severity, cause, evidence });
    if (severity === 'fatal') this.#endIfFatal();
  }

  /** At once, or when the journal had its time to say that the line was not the kernel's. */
  #endIfFatal(): void {
    const { fatal } = this.monitor;
    if (fatal) {
      this.#fatal.resolve();
      this.channel.close(`${fatal.cause}: ${fatal.evidence.line}`);
    } else if (this.monitor.findings.some(({ severity }) => severity === 'fatal')) {
      setTimeout(() => {
        this.monitor.quiet(this.now());
        this.#endIfFatal();
      }, CONFIRMATION_MS);
    }
  }
}

/** QEMU is gone, and with it the answer to a question. */
export function isClosed(error: unknown): boolean {
  return error instanceof VmTesterError && error.code === 'QMP_CLOSED';
}

/** The text by which the user says the machine is up. */
function expectedOf({ readyWhen = { needle: '' } }: MachineOptions): { expected?: RegExp } {
  if ('needle' in readyWhen) return {};
  return { expected: 'console' in readyWhen ? readyWhen.console : readyWhen.text };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
