import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Artifacts } from './artifacts.ts';
import type { StreamName } from './artifacts.ts';
import type { Detector } from './console/detectors.ts';
import { VmTesterError } from './errors.ts';
import type { VmEvent } from './events.ts';
import type { Firmware } from './firmware.ts';
import { GuestChannel } from './guest/channel.ts';
import type { RunResult } from './guest/channel.ts';
import { parseJournalLine } from './guest/journal.ts';
import { Deadline } from './host/deadline.ts';
import { probeHost } from './host/probe.ts';
import type { Host } from './host/probe.ts';
import { launch } from './launch.ts';
import type { Launched } from './launch.ts';
import type { Image } from './qemu/command-line.ts';
import { QmpClient } from './qmp/client.ts';
import type { QmpEvent } from './qmp/protocol.ts';
import { writeReport } from './report/write.ts';
import { parsePpm } from './screen.ts';
import type { Screen } from './screen.ts';
import { Snapshots } from './snapshots.ts';
import { Shots } from './shots.ts';
import { sampleActivity } from './activity.ts';
import { phaseIndex } from './verdict.ts';
import type { Cause, Evidence, Milestones, Phase, Verdict } from './verdict.ts';
import { Watch } from './watch.ts';
import type { Budget, Finding } from './watch.ts';

export interface MachineOptions {
  image: Image;
  /** Default `bios`. */
  firmware?: Firmware;
  /** Default 2. */
  cpus?: number;
  /** Default 2048. */
  memoryMiB?: number;
  /** Default `none`: an image must boot without one. */
  network?: 'none' | 'user';
  /** Default: the answer of {@link probeHost}. */
  host?: Host;
  /** Instead of the table in console/detectors.ts. */
  detectors?: readonly Detector[];
  /** How long each phase may last without progress, where it differs from the defaults in watch.ts. */
  budgets?: Partial<Record<Phase, Budget>>;
  /** Where serial.log, journal.json, verdict.json … go. Default: nowhere. */
  artifactsDir?: string;
  signal?: AbortSignal;
  onEvent?(event: VmEvent): void;
}

export interface RunOptions {
  stdin?: string | Buffer;
  /** On an idle machine with KVM; multiplied with the host's timeScale and load. Default 10 s. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** A state of a machine that it can be set back to, as long as it runs. */
export interface Snapshot {
  name: string;
}

export type WaitOptions = Pick<RunOptions, 'timeoutMs' | 'signal'>;

const DEFAULT_COMMAND_MS = 10_000;
const DEFAULT_WAIT_MS = 30_000;
const POLL_EVERY_MS = 500;
const LOOK_EVERY_MS = 3_000;

/** Bounded, and asked again: a signal lost on the guest's bus must not become a hang. */
const IS_SYSTEM_RUNNING = 'timeout 20 systemctl is-system-running --wait';
/** After a fatal line, what follows it (a trace, the reason) belongs to the evidence. */
const AFTERMATH_MS = 1_000;
const QMP_CONNECT_MS = 30_000;
const QUIT_GRACE_MS = 2_000;

/**
 * Starts QEMU with the image, paused. Disposal kills it and removes every temporary file.
 * @throws {VmTesterError} QEMU_MISSING, QEMU_FAILED, ACCELERATOR_BROKEN, FIRMWARE_MISSING, IMAGE_UNREADABLE
 */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  options.signal?.throwIfAborted();
  const host = options.host ?? (await probeHost(options.signal ? { signal: options.signal } : {}));
  const { cpus = 2, memoryMiB = 2048, network = 'none', firmware = 'bios', image } = options;
  await using cleanup = new AsyncDisposableStack();
  const launched = cleanup.use(await launch(host, { image, firmware, cpus, memoryMiB, network }));
  const machine = new Machine(host, launched, options);
  await machine.connect();
  cleanup.move();
  return machine;
}

/** A virtual machine with an image in it: what it shows is judged, and its guest obeys root commands. */
export class Machine implements AsyncDisposable {
  readonly host: Host;
  readonly #launched: Launched;
  readonly #options: MachineOptions;
  readonly #artifacts: Artifacts | undefined;
  readonly #watch: Watch;
  readonly #channel: GuestChannel;
  readonly #ready = Promise.withResolvers<void>();
  readonly #fatal = Promise.withResolvers<void>();
  readonly #shots: Shots | undefined;
  readonly #snapshots = new Snapshots((command, args) => this.qmp(command, args));
  #qmp: QmpClient | undefined;
  #start = performance.now();
  #startedAt = new Date();
  #booted = false;
  #settled = false;
  #poweredOff = false;
  /** Something around the image broke: it is not judged. */
  #infra: Finding | undefined;
  #verdict: Verdict | undefined;

  /** Use {@link startMachine}. */
  constructor(host: Host, launched: Launched, options: MachineOptions) {
    this.host = host;
    this.#launched = launched;
    this.#options = options;
    this.#artifacts = options.artifactsDir === undefined ? undefined : new Artifacts(options.artifactsDir);
    this.#watch = new Watch({
      timeScale: host.timeScale,
      ...(options.detectors && { detectors: options.detectors }),
      ...(options.budgets && { budgets: options.budgets }),
      onPhase: (phase, atMs) =>
        this.#emit({ type: 'phase', phase, atMs, deadlineMs: Math.round(this.#watch.allowedMs(1)) }),
      onFinding: (finding) => this.#found(finding),
    });
    const { links } = launched.qemu;
    for (const [source, stream] of [
      ['serial', links.serial],
      ['debugcon', links.debugcon],
    ] as const) {
      stream.on('data', (chunk: Buffer) => {
        const atMs = this.#now();
        for (const line of this.#watch.console(source, chunk, atMs))
          this.#log(`${source}.log`, `${stamp(atMs)} ${line}\n`);
      });
    }
    this.#channel = new GuestChannel(links.channel, launched.nonce, () => {
      this.#watch.enter('ready', this.#now());
      this.#ready.resolve();
    });
    this.#shots =
      this.#artifacts &&
      new Shots(this.#artifacts.directory, {
        take: (filename) => this.qmp('screendump', { filename, format: 'png' }),
        onShot: (file) => this.#emit({ type: 'screenshot', file, atMs: this.#now() }),
      });
    this.#readJournal();
    this.#artifacts?.write('reproduce.sh', launched.reproduce, 0o755);
    this.#artifacts?.write('host.json', JSON.stringify(hostFacts(host), undefined, 2));
    const { qemu, accelerator, reason, timeScale, warnings } = host;
    this.#emit({ type: 'host', accelerator, reason, qemuVersion: qemu.version, timeScale, warnings });
    const image = 'iso' in options.image ? options.image.iso : options.image.disk;
    this.#emit({ type: 'start', image, firmware: options.firmware ?? 'bios' });
  }

  /** Part of {@link startMachine}. @throws {VmTesterError} QEMU_FAILED */
  async connect(): Promise<void> {
    const { qemu } = this.#launched;
    const qmp = QmpClient.connect(qemu.links.qmp, (record) =>
      this.#log('qmp.jsonl', jsonl({ atMs: this.#now(), ...record })),
    );
    try {
      this.#qmp = await Promise.race([
        qmp,
        sleep(QMP_CONNECT_MS, undefined, { ref: false }).then(() => Promise.reject(new Error('no QMP greeting'))),
      ]);
    } catch (cause) {
      qemu.kill();
      const status = await qemu.exited;
      throw new VmTesterError(
        'QEMU_FAILED',
        `QEMU ended with ${status} before it started: ${qemu.stderr || 'no message'}`,
        {
          hint: 'check the free memory and that ./setup ran; reproduce.sh in the artifacts has the command',
          cause,
        },
      );
    }
    this.#qmp.onEvent((event) => this.#onQmp(event));
    // QEMU has them open: whatever happens to us from now on, no file stays.
    await this.#launched.removeFiles();
  }

  /**
   * Lets the machine run until the guest's agent answers with this run's nonce, which only a root file system
   * that systemd manages can do; or until a detector, the machine's end or a deadline says it never will.
   * `accepted` here means booted so far: {@link conclude} gives the final verdict.
   */
  async boot(): Promise<Verdict> {
    const { signal } = this.#options;
    this.#start = performance.now();
    this.#startedAt = new Date();
    this.#shots?.start();
    // Should QEMU be gone already, its end below says so.
    await this.qmp('cont').catch(() => this.#launched.qemu.exited);
    using _ = this.#lookForKernel();
    const ended = await this.#during([this.#ready.promise.then(() => 'ready' as const)], signal);
    if (ended === 'ready') {
      this.#booted = true;
      return { status: 'accepted', milestones: this.milestones };
    }
    if (ended === 'fatal' && this.#launched.qemu.alive) await sleep(AFTERMATH_MS);
    await this.#diagnose();
    return this.#judge();
  }

  /**
   * Waits until systemd has started everything, and holds every failed unit against the image.
   * @returns the findings so far that reject the image
   */
  async settle(): Promise<Finding[]> {
    this.#watch.enter('checks', this.#now());
    const stop = new AbortController();
    const state = this.#systemState(stop.signal);
    state.catch(() => {});
    const ended = await this.#during([state.then(() => 'settled' as const)], this.#options.signal);
    stop.abort(new Error('the machine was judged'));
    if (ended !== 'settled') {
      if (ended === 'fatal' && this.#launched.qemu.alive) await sleep(AFTERMATH_MS);
      await this.#diagnose();
      return this.#watch.findings.filter((finding) => finding.severity !== 'warn');
    }
    await this.#judgeUnits(await state);
    this.#settled = true;
    return this.#watch.findings.filter((finding) => finding.severity !== 'warn');
  }

  /** Holds a check that failed against the image. */
  reject(detector: string, line: string, cause: Cause = 'assertion'): void {
    if (this.#verdict) return; // too late: it has been given
    this.#watch.add('fail', cause, { source: 'guest', atMs: this.#now(), line, detector });
  }

  /** Records a check of the guest's inside; one with a `failure` is held against the image. */
  check(name: string, failure?: string): void {
    if (this.#verdict) return;
    this.#emit({ type: 'check', name, ...(failure !== undefined && { failure }), atMs: this.#now() });
    if (failure !== undefined) this.reject(`check: ${name}`, failure);
  }

  /**
   * The final verdict, and the artifacts complete: settles and shuts down if that has not been done. An image is
   * accepted only when it booted, settled without a failed unit, had nothing found against it and powered off
   * cleanly when asked to.
   */
  async conclude(): Promise<Verdict> {
    if (this.#verdict) return this.#verdict;
    if (this.#booted && !this.#over && !this.#settled) await this.settle();
    if (this.#booted && !this.#over && !this.#poweredOff) {
      await this.screenshot('final').catch(() => {});
      await this.#shots?.look();
      await this.shutdown();
    }
    await this.#shots?.stop();
    const verdict = this.#judge();
    this.#verdict = verdict;
    this.#emit({ type: 'verdict', verdict, atMs: this.#now() });
    const image = 'iso' in this.#options.image ? this.#options.image.iso : this.#options.image.disk;
    const facts = {
      image,
      firmware: this.#options.firmware ?? 'bios',
      startedAt: this.#startedAt.toISOString(),
      endMs: this.#now(),
      findings: this.#watch.findings,
    };
    this.#artifacts?.write('verdict.json', JSON.stringify({ ...verdict, ...facts }, undefined, 2));
    if (this.#artifacts) writeReport(this.#artifacts.directory);
    return verdict;
  }

  /** QEMU's process. */
  get pid(): number {
    return this.#launched.qemu.pid;
  }

  get milestones(): Milestones {
    return { ...this.#watch.milestones };
  }

  get findings(): readonly Finding[] {
    return this.#watch.findings;
  }

  /**
   * Runs a shell command as root, or a program with its arguments, whatever it answers.
   * @throws {VmTesterError} GUEST_UNREACHABLE, GUEST_TIMEOUT
   */
  async execute(command: string | string[], options: RunOptions = {}): Promise<RunResult> {
    const text = typeof command === 'string' ? command : command.map(shellQuote).join(' ');
    const { timeoutMs = DEFAULT_COMMAND_MS, stdin = '' } = options;
    using deadline = new Deadline(
      (load) => timeoutMs * this.host.timeScale * load,
      (afterMs) =>
        new VmTesterError('GUEST_TIMEOUT', `${JSON.stringify(text)} did not end in ${Math.round(afterMs / 1000)} s`, {
          hint: 'give a larger timeoutMs if the command needs it; journal.json tells what the guest did',
        }),
    );
    const signals = [deadline.signal, options.signal, this.#options.signal].filter((signal) => signal !== undefined);
    return await this.#channel.run(text, Buffer.from(stdin), AbortSignal.any(signals));
  }

  /**
   * The standard output of a command that must succeed, without the last newline.
   * @throws {VmTesterError} COMMAND_FAILED, GUEST_UNREACHABLE, GUEST_TIMEOUT
   */
  async succeed(command: string | string[], options?: RunOptions): Promise<string> {
    const { exitCode, stdout, stderr } = await this.execute(command, options);
    if (exitCode !== 0) {
      const said = [stderr, stdout].map(String).join('').trim().slice(-2_000);
      throw new VmTesterError('COMMAND_FAILED', `${JSON.stringify(command)} ended with ${exitCode}: ${said}`, {
        hint: 'journal.json tells what the guest did',
      });
    }
    return stdout.toString().replace(/\n$/, '');
  }

  /**
   * The output of a command that must fail.
   * @throws {VmTesterError} COMMAND_SUCCEEDED, GUEST_UNREACHABLE, GUEST_TIMEOUT
   */
  async fail(command: string | string[], options?: RunOptions): Promise<string> {
    const { exitCode, stdout, stderr } = await this.execute(command, options);
    if (exitCode === 0) {
      throw new VmTesterError('COMMAND_SUCCEEDED', `${JSON.stringify(command)} succeeded: ${String(stdout).trim()}`, {
        hint: 'it was expected to fail',
      });
    }
    return String(stdout) + String(stderr);
  }

  /** @throws {VmTesterError} WAIT_TIMEOUT with the last answer, GUEST_UNREACHABLE */
  async waitUntilSucceeds(command: string, options: WaitOptions = {}): Promise<string> {
    return await this.#poll(command, options, async (signal) => {
      const { exitCode, stdout, stderr } = await this.execute(command, { ...options, signal });
      return exitCode === 0
        ? { value: String(stdout).replace(/\n$/, '') }
        : { state: `ended with ${exitCode}: ${String(stderr).trim()}` };
    });
  }

  /**
   * Waits until a unit is active.
   * @throws {VmTesterError} UNIT_FAILED as soon as it is failed, or inactive with no job that could start it;
   * WAIT_TIMEOUT, GUEST_UNREACHABLE
   */
  async waitForUnit(unit: string, options: WaitOptions = {}): Promise<void> {
    await this.#poll(`unit ${unit}`, options, async (signal) => {
      const show = ['systemctl', 'show', '--property=LoadState,ActiveState,SubState,Job', unit];
      const properties = parseProperties(await this.succeed(show, { ...options, signal }));
      const { ActiveState: active = '', SubState: sub = '', LoadState: load = '', Job: job = '' } = properties;
      if (active === 'active') return { value: undefined };
      const state = `${load} ${active} (${sub})`;
      if (active === 'failed' || (active === 'inactive' && job === '' && !(await this.#jobsPending(signal)))) {
        throw new VmTesterError('UNIT_FAILED', `${unit} is ${state}, and nothing is going to start it`, {
          hint: `look for ${unit} in journal.json`,
        });
      }
      return { state };
    });
  }

  /** @throws {VmTesterError} WAIT_TIMEOUT, GUEST_UNREACHABLE */
  async waitForFile(path: string, options: WaitOptions = {}): Promise<void> {
    await this.waitUntilSucceeds(`test -e ${shellQuote(path)}`, options);
  }

  /** Writes a file in the guest. */
  async copyTo(content: string | Buffer, guestPath: string, options: RunOptions = {}): Promise<void> {
    await this.succeed(`cat >${shellQuote(guestPath)}`, { ...options, stdin: content });
  }

  /** @throws {VmTesterError} COMMAND_FAILED when the file cannot be read */
  async copyFrom(guestPath: string, options?: RunOptions): Promise<Buffer> {
    const { exitCode, stdout, stderr } = await this.execute(['cat', guestPath], options);
    if (exitCode !== 0) {
      throw new VmTesterError('COMMAND_FAILED', `cannot read ${guestPath} in the guest: ${String(stderr).trim()}`, {
        hint: 'check the path',
      });
    }
    return stdout;
  }

  /** Keeps what a monitor would show as `<name>.png` among the artifacts. @returns its path, if it was kept */
  async screenshot(name: string): Promise<string | undefined> {
    const filename = this.#artifacts?.path(`${name}.png`);
    if (filename !== undefined) await this.qmp('screendump', { filename, format: 'png' });
    return filename;
  }

  /** What a monitor would show now. */
  async screen(): Promise<Screen> {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'vmt-screen-'));
    const filename = join(directory.path, 'screen.ppm');
    await this.qmp('screendump', { filename });
    return parsePpm(await readFile(filename));
  }

  /** Presses keys together, named as in QEMU's QKeyCode: `ret`, `ctrl-alt-f2`. */
  async sendKey(keys: string): Promise<void> {
    await this.qmp('send-key', { keys: keys.split('-').map((data) => ({ type: 'qcode', data })) });
  }

  /** @throws {VmTesterError} QMP_COMMAND, QMP_CLOSED */
  async qmp(command: string, args?: Record<string, unknown>): Promise<unknown> {
    if (!this.#qmp) throw new Error('connect() comes first');
    return await this.#qmp.execute(command, args);
  }

  /**
   * Asks the guest to power off and waits until it has. A guest that does not in time, or that QEMU does not see
   * power off, is held against the image.
   */
  async shutdown(): Promise<void> {
    this.#watch.expectPowerOff();
    this.#watch.enter('shutdown', this.#now());
    const off = this.#launched.qemu.exited.then(() => 'off' as const);
    this.execute('systemctl poweroff').catch(() => {}); // its answer races with the machine's end
    const ended = await this.#during([off], this.#options.signal);
    if (ended !== 'off') await this.#diagnose();
  }

  /**
   * Keeps the machine's whole state while it runs, for {@link restore}. No command may be running in the guest.
   * @throws {VmTesterError} GUEST_UNREACHABLE when one is, QEMU_MISSING without qemu-img, QMP_COMMAND
   */
  async snapshot(name = `snapshot-${this.#now()}`): Promise<Snapshot> {
    if (!this.#channel.open || this.#channel.pending > 0) {
      throw new VmTesterError('GUEST_UNREACHABLE', `cannot keep a snapshot: ${this.#channel.pending} commands run`, {
        hint: 'boot() first, and await every command',
      });
    }
    await this.#snapshots.save(name);
    return { name };
  }

  /**
   * Sets the machine back to a snapshot of it. Commands that run are lost; the guest's agent is greeted anew, so that
   * no answer from before is taken for one from after.
   * @throws {VmTesterError} QMP_COMMAND when it has no such snapshot, GUEST_TIMEOUT when the agent stays silent
   */
  async restore({ name }: Snapshot): Promise<void> {
    await this.#snapshots.load(name);
    using deadline = new Deadline(
      (load) => DEFAULT_COMMAND_MS * this.host.timeScale * load,
      () =>
        new VmTesterError('GUEST_TIMEOUT', `the guest does not answer after it was restored to ${name}`, {
          hint: 'look at the screen and at qmp.jsonl',
        }),
    );
    const signals = [deadline.signal, this.#options.signal].filter((signal) => signal !== undefined);
    await this.#channel.greet(AbortSignal.any(signals));
  }

  /** Takes the machine's power away. */
  async crash(): Promise<void> {
    this.#watch.expectPowerOff();
    this.#launched.qemu.kill();
    await this.#launched.qemu.exited;
  }

  /** A shell script that boots the same machine on a terminal, without the tester. */
  reproduce(): string {
    return this.#launched.reproduce;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#channel.close();
    await this.#shots?.stop();
    if (this.#launched.qemu.alive && this.#qmp?.open) {
      this.#watch.expectPowerOff();
      await Promise.race([
        this.qmp('quit').then(
          () => this.#launched.qemu.exited,
          () => {},
        ),
        sleep(QUIT_GRACE_MS),
      ]);
    }
    await this.#launched[Symbol.asyncDispose]();
    this.#artifacts?.[Symbol.dispose]();
  }

  get #over(): boolean {
    return this.#watch.fatal !== undefined || this.#infra !== undefined || !this.#launched.qemu.alive;
  }

  /**
   * A kernel that says nothing on the serial line (a boot menu without console=ttyS0, or `quiet`) still shows itself:
   * boot loaders run at low addresses and in ring 0, kernels in the upper half, and user space in ring 3.
   */
  #lookForKernel(): Disposable {
    const look = async () => {
      const registers = String(await this.qmp('human-monitor-command', { 'command-line': 'info registers' }));
      if (/^RIP=ffff[89a-f]|\bCPL=3\b/m.test(registers)) this.#watch.enter('kernel', this.#now());
    };
    const timer = setInterval(() => {
      if (phaseIndex(this.#watch.phase) >= phaseIndex('kernel')) return clearInterval(timer);
      look().catch(() => clearInterval(timer)); // the machine is off
    }, LOOK_EVERY_MS);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  /** One of the goals, or what came first instead: a fatal finding, QEMU's end, or no progress in time. */
  async #during<Goal extends string>(
    goals: Promise<Goal>[],
    signal: AbortSignal | undefined,
  ): Promise<Goal | 'fatal' | 'exit' | 'overdue'> {
    using overdue = this.#overdue();
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal?.reason);
    signal?.throwIfAborted();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([
        ...goals,
        this.#fatal.promise.then(() => 'fatal' as const),
        this.#launched.qemu.exited.then((status) => this.#exited(status)),
        overdue.promise,
        aborted.promise,
      ]);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #overdue(): Disposable & { promise: Promise<'overdue'> } {
    const { promise, resolve } = Promise.withResolvers<'overdue'>();
    const deadline = new Deadline(
      (load) => {
        this.#watch.quiet(this.#now());
        return this.#watch.overdue(this.#now(), load) ? -1 : Infinity;
      },
      () => undefined,
    );
    deadline.signal.addEventListener('abort', () => resolve('overdue'), { once: true });
    return { promise, [Symbol.dispose]: () => deadline[Symbol.dispose]() };
  }

  /** QEMU ended. Unless the guest powered the machine off, somebody or something else did: the image is not judged. */
  #exited(status: number | string): 'exit' {
    this.#channel.close();
    if (!this.#watch.fatal && (status !== 0 || !this.#poweredOff)) {
      const line = `QEMU ended with ${status}: ${this.#launched.qemu.stderr || 'no message'}`;
      this.#setInfra('infra:qemu', { source: 'process', atMs: this.#now(), line, detector: 'qemu-exit' });
    }
    return 'exit';
  }

  /** A machine that stopped making progress: what is it doing? */
  async #diagnose(): Promise<void> {
    if (!this.#launched.qemu.alive) {
      this.#exited(await this.#launched.qemu.exited);
      return;
    }
    await this.screenshot('rejected').catch(() => {});
    await this.#shots?.look();
    if (this.#watch.fatal) return;
    const atMs = this.#now();
    const activity = await sampleActivity(this.#launched.qemu.pid, (command) => this.qmp(command));
    const line = `no progress in phase ${this.#watch.phase} for ${Math.round(this.#watch.allowedMs(1) / 1000)} s or more; ${activity.text}`;
    const evidence: Evidence = { source: 'host', atMs, line, detector: 'deadline' };
    // A guest that offers a login has booted: then it is our channel that is missing (systemd older than 256?).
    if (this.#watch.loginPrompt && !this.#booted) this.#setInfra('infra:channel', evidence);
    else this.#watch.add('fatal', activity.cause, evidence);
  }

  #judge(): Verdict {
    const { milestones } = this;
    const phase: Phase = this.#watch.phase;
    const bad = this.#watch.rejection;
    if (this.#infra && !this.#watch.fatal) {
      return {
        status: 'inconclusive',
        phase: this.#infra.phase,
        cause: this.#infra.cause,
        evidence: [this.#infra.evidence],
        milestones,
      };
    }
    if (bad) {
      const evidence = [
        bad,
        ...this.#watch.findings.filter((finding) => finding !== bad && finding.severity !== 'warn'),
      ];
      const all = evidence.map((finding) => finding.evidence);
      return { status: 'rejected', phase: bad.phase, cause: bad.cause, evidence: all, milestones };
    }
    if (this.#booted && this.#settled && this.#poweredOff) return { status: 'accepted', milestones };
    const evidence: Evidence = {
      source: 'process',
      atMs: this.#now(),
      detector: 'incomplete',
      line: `the run ended early: booted ${this.#booted}, settled ${this.#settled}, powered off ${this.#poweredOff}`,
    };
    return { status: 'inconclusive', phase, cause: 'infra:qemu', evidence: [evidence], milestones };
  }

  /** What `systemctl is-system-running` says once that is final. */
  async #systemState(signal: AbortSignal): Promise<string> {
    for (;;) {
      const { stdout } = await this.execute(IS_SYSTEM_RUNNING, { timeoutMs: 600_000, signal });
      const state = String(stdout).trim();
      if (state !== '' && !['initializing', 'starting', 'offline', 'unknown'].includes(state)) return state;
      await sleep(POLL_EVERY_MS, undefined, { signal });
    }
  }

  async #judgeUnits(state: string): Promise<void> {
    const listed = await this.succeed('systemctl list-units --failed --plain --no-legend --full');
    const failed = listed
      .split('\n')
      .map((line) => line.trim().split(/\s+/)[0] ?? '')
      .filter((unit) => unit !== '');
    for (const unit of failed) {
      const log = await this.execute(`journalctl --boot --unit=${shellQuote(unit)} --lines=8 --output=cat --quiet`);
      this.reject(
        'failed-units',
        `${unit} is failed: ${String(log.stdout).trim().replaceAll('\n', ' | ')}`,
        'failed-unit',
      );
    }
    if (state !== 'running' && failed.length === 0)
      this.reject('is-system-running', `systemd says ${state}`, 'degraded');
  }

  async #jobsPending(signal: AbortSignal): Promise<boolean> {
    return (await this.succeed('systemctl list-jobs --no-legend', { signal })).trim() !== '';
  }

  async #poll<T>(
    what: string,
    options: WaitOptions,
    attempt: (signal: AbortSignal) => Promise<{ value: T } | { state: string }>,
  ): Promise<T> {
    let last = 'never answered';
    const { timeoutMs = DEFAULT_WAIT_MS } = options;
    using deadline = new Deadline(
      (load) => timeoutMs * this.host.timeScale * load,
      (afterMs) =>
        new VmTesterError('WAIT_TIMEOUT', `${what}: not after ${Math.round(afterMs / 1000)} s; ${last}`, {
          hint: 'give a larger timeoutMs if it needs longer; journal.json tells what the guest did',
        }),
    );
    const signal = AbortSignal.any([deadline.signal, options.signal].filter((one) => one !== undefined));
    for (;;) {
      const result = await attempt(signal);
      if ('value' in result) return result.value;
      last = result.state;
      await sleep(POLL_EVERY_MS, undefined, { signal }).catch(() => {});
      signal.throwIfAborted();
    }
  }

  #onQmp(event: QmpEvent): void {
    this.#watch.qmp(event, this.#now());
    if (event.event === 'SHUTDOWN') this.#poweredOff = event.data?.['guest'] === true;
  }

  #readJournal(): void {
    const stream = this.#launched.qemu.links.journal;
    let tail = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      this.#log('journal.json', chunk);
      const lines = (tail + chunk).split('\n');
      tail = lines.pop() ?? '';
      for (const line of lines) {
        const entry = parseJournalLine(line);
        if (entry) this.#watch.journal(entry, this.#now());
      }
    });
  }

  #found(finding: Finding): void {
    const { severity, cause, evidence } = finding;
    this.#emit({ type: 'finding', severity, cause, evidence });
    if (severity !== 'fatal') return;
    this.#fatal.resolve();
    this.#channel.close(`${cause}: ${evidence.line}`);
  }

  #setInfra(cause: Cause, evidence: Evidence): void {
    if (this.#infra) return;
    this.#infra = { severity: 'fatal', cause, phase: this.#watch.phase, evidence };
    this.#emit({ type: 'finding', severity: 'fatal', cause, evidence });
  }

  #emit(event: VmEvent): void {
    this.#log('events.jsonl', jsonl(event));
    this.#options.onEvent?.(event);
  }

  #log(name: StreamName, text: string): void {
    this.#artifacts?.append(name, text);
  }

  #now(): number {
    return Math.round(performance.now() - this.#start);
  }
}

function hostFacts(host: Host): unknown {
  return { ...host, load: loadavg(), cpus: availableParallelism(), memoryBytes: totalmem(), node: process.version };
}

/** Seconds since the start, as the kernel prints them. */
function stamp(atMs: number): string {
  return `[${(atMs / 1000).toFixed(3).padStart(8)}]`;
}

function jsonl(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

function shellQuote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function parseProperties(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split('\n').map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]),
  );
}
