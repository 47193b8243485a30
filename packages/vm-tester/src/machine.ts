import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VmTesterError } from './errors.ts';
import { probeHost } from './host/probe.ts';
import type { Host } from './host/probe.ts';
import { launch } from './launch.ts';
import { Course } from './machine/course.ts';
import { Guest } from './machine/guest.ts';
import type { MachineOptions, Snapshot } from './machine/options.ts';
import { Session } from './machine/session.ts';
import { parsePpm } from './screen.ts';
import type { Screen } from './screen.ts';
import { Snapshots } from './snapshots.ts';
import type { Cause, Milestones, Verdict } from './verdict.ts';
import type { Finding } from './watch.ts';

const DEFAULT_GREETING_MS = 10_000;

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
  const session = cleanup.use(new Session(host, launched, options));
  await session.connect();
  cleanup.move();
  return new Machine(session);
}

/** A virtual machine with an image in it: what it shows is judged, and its guest obeys root commands. */
export class Machine extends Guest implements AsyncDisposable {
  readonly #session: Session;
  readonly #course: Course;
  readonly #snapshots: Snapshots;

  /** Use {@link startMachine}. */
  constructor(session: Session) {
    super(session);
    this.#session = session;
    this.#course = new Course(session, this);
    this.#snapshots = new Snapshots((command, args) => this.qmp(command, args));
  }

  get host(): Host {
    return this.#session.host;
  }

  /** QEMU's process. */
  get pid(): number {
    return this.#session.qemu.pid;
  }

  get milestones(): Milestones {
    return { ...this.#session.watch.milestones };
  }

  get findings(): readonly Finding[] {
    return this.#session.watch.findings;
  }

  /**
   * Lets the machine run until the guest's agent answers with this run's nonce, which only a root file system
   * that systemd manages can do; or until a detector, the machine's end or a deadline says it never will.
   * `accepted` here means booted so far: {@link conclude} gives the final verdict.
   */
  async boot(): Promise<Verdict> {
    return await this.#course.boot();
  }

  /**
   * Waits until systemd has started everything, and holds every failed unit against the image.
   * @returns the findings so far that reject the image
   */
  async settle(): Promise<Finding[]> {
    return await this.#course.settle();
  }

  /**
   * The final verdict, and the artifacts complete: settles and shuts down if that has not been done. An image is
   * accepted only when it booted, settled without a failed unit, had nothing found against it and powered off
   * cleanly when asked to.
   */
  async conclude(): Promise<Verdict> {
    return await this.#course.conclude();
  }

  /** Holds a check that failed against the image. */
  reject(detector: string, line: string, cause: Cause = 'assertion'): void {
    if (this.#course.verdict) return; // too late: it has been given
    this.#session.watch.add('fail', cause, { source: 'guest', atMs: this.#session.now(), line, detector });
  }

  /** Records what is worth knowing and holds nothing against the image. */
  note(detector: string, line: string): void {
    this.#session.watch.add('warn', 'bad-media', { source: 'preflight', atMs: 0, line, detector });
  }

  /** Records a check of the guest's inside; one with a `failure` is held against the image. */
  check(name: string, failure?: string): void {
    if (this.#course.verdict) return;
    const atMs = this.#session.now();
    this.#session.recording.emit({ type: 'check', name, ...(failure !== undefined && { failure }), atMs });
    if (failure !== undefined) this.reject(`check: ${name}`, failure);
  }

  /** Records a check that could not be made, and why. It is held neither against the image nor for it. */
  notJudged(name: string, reason: string): void {
    if (this.#course.verdict) return;
    this.#session.recording.emit({ type: 'check', name, notJudged: reason, atMs: this.#session.now() });
  }

  /** Keeps what a monitor would show as `<name>.png` among the artifacts. @returns its path, if it was kept */
  async screenshot(name: string): Promise<string | undefined> {
    return await this.#session.recording.screenshot(name);
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
    return await this.#session.qmp(command, args);
  }

  /**
   * Asks the guest to power off and waits until it has. A guest that does not in time, or that QEMU does not see
   * power off, is held against the image.
   */
  async shutdown(): Promise<void> {
    await this.#course.shutdown();
  }

  /** Takes the machine's power away. */
  async crash(): Promise<void> {
    this.#session.watch.expectPowerOff();
    this.#session.qemu.kill();
    await this.#session.qemu.exited;
  }

  /**
   * Keeps the machine's whole state while it runs, for {@link restore}. No command may be running in the guest.
   * @throws {VmTesterError} GUEST_UNREACHABLE when one is, QEMU_MISSING without qemu-img, QMP_COMMAND
   */
  async snapshot(name = `snapshot-${this.#session.now()}`): Promise<Snapshot> {
    const { channel } = this.#session;
    if (!channel.open || channel.pending > 0) {
      throw new VmTesterError('GUEST_UNREACHABLE', `cannot keep a snapshot: ${channel.pending} commands run`, {
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
    using deadline = this.#session.deadline(
      DEFAULT_GREETING_MS,
      () =>
        new VmTesterError('GUEST_TIMEOUT', `the guest does not answer after it was restored to ${name}`, {
          hint: 'look at the screen and at qmp.jsonl',
        }),
    );
    await this.#session.channel.greet(this.#session.signal(deadline.signal));
  }

  /** A shell script that boots the same machine on a terminal, without the tester. */
  reproduce(): string {
    return this.#session.reproduce;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}
